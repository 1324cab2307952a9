#include "glimpse/kernels/sample/pivot.cuh"

#include "arguments.h"

namespace glimpse {
namespace {

size_t workspace(const op::Sample& a, Context&) {
  const size_t rows = size_t(a.logits.shape[0]);
  return Workspace::rounded(kernels::sample_mark_bytes(a)) + Workspace::rounded(rows * sizeof(kernels::SampleScratch)) +
         rows * sizeof(kernels::PivotState);
}

template <class T> void launch(const op::Sample& a, Context& ctx) {
  kernels::PivotParams<T> p{kernels::sample_params<T>(a, ctx)};
  const size_t rows = size_t(a.logits.shape[0]);
  p.scratch = kernels::take_zeros<kernels::SampleScratch>(ctx, rows);
  p.state = kernels::take_zeros<kernels::PivotState>(ctx, rows);
  CUDA_CHECK(kernels::launch_sample_pivot(p, static_cast<cudaStream_t>(ctx.stream)));
}

void run(const op::Sample& a, Context& ctx) {
  a.logits.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Sample, .name = "pivot", .device = Device::cuda, .arch = {80, 0}, .priority = 20, .run = run,
                .workspace = workspace);

}  // namespace
}  // namespace glimpse
