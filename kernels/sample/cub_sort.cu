#include "glimpse/kernels/sample/cub_sort.cuh"

#include "arguments.h"

namespace glimpse {
namespace {

size_t workspace(const op::Sample& a, Context&) {
  size_t scratch = 0;
  CUDA_CHECK(kernels::cub_sort_bytes(scratch, int(a.logits.shape[1])));
  return Workspace::rounded(kernels::sample_mark_bytes(a)) +
         2 * Workspace::rounded(2 * size_t(a.logits.shape[1]) * sizeof(int32_t)) + scratch;
}

template <class T> void launch(const op::Sample& a, Context& ctx) {
  const kernels::CubSortParams<T> p{kernels::sample_params<T>(a, ctx)};
  const size_t pair = 2 * size_t(a.logits.shape[1]) * sizeof(int32_t);
  auto* order = static_cast<uint32_t*>(ctx.workspace.take(pair));
  auto* id = static_cast<int32_t*>(ctx.workspace.take(pair));
  size_t bytes = 0;
  CUDA_CHECK(kernels::cub_sort_bytes(bytes, int(a.logits.shape[1])));
  void* scratch = ctx.workspace.take(bytes);
  CUDA_CHECK(kernels::launch_sample_cub_sort(p, order, id, scratch, bytes, static_cast<cudaStream_t>(ctx.stream)));
}

void run(const op::Sample& a, Context& ctx) {
  a.logits.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Sample, .name = "cub_sort", .device = Device::cuda, .arch = {80, 0}, .priority = 10, .run = run,
                .workspace = workspace);

}  // namespace
}  // namespace glimpse
