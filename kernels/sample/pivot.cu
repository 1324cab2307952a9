#include "glimpse/kernels/sample/pivot.cuh"

#include "arguments.h"

namespace glimpse {
namespace {

bool reject(const op::Sample& a, const DeviceInfo&, Reason& reason) { return kernels::sample_rejects_rows(a, reason); }

size_t workspace(const op::Sample& a, Context&) {
  const size_t rows = size_t(a.logits.shape[0]);
  return Workspace::rounded(kernels::sample_mark_bytes(a)) + Workspace::rounded(rows * sizeof(kernels::SampleScratch)) +
         rows * sizeof(kernels::PivotState);
}

template <class T> void launch(const op::Sample& a, Context& ctx) {
  kernels::PivotParams<T> p{kernels::sample_params<T>(a, ctx)};
  const size_t rows = size_t(a.logits.shape[0]);
  const auto stream = static_cast<cudaStream_t>(ctx.stream);
  p.scratch = static_cast<kernels::SampleScratch*>(ctx.workspace.take(rows * sizeof(kernels::SampleScratch)));
  p.state = static_cast<kernels::PivotState*>(ctx.workspace.take(rows * sizeof(kernels::PivotState)));
  p.tickets = ctx.state<dev::Tickets>().data;
  if (rows) CUDA_CHECK(cudaMemsetAsync(p.state, 0, rows * sizeof(kernels::PivotState), stream));
  CUDA_CHECK(kernels::launch_sample_pivot(p, stream));
}

void run(const op::Sample& a, Context& ctx) {
  a.logits.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Sample, .name = "pivot", .device = Device::cuda, .arch = {80, 0}, .priority = 20, .run = run,
                .reject = reject, .workspace = workspace);

}  // namespace
}  // namespace glimpse
