#include "glimpse/kernels/pos_embed/cached_grid.cuh"

#include "accepts.h"

namespace glimpse {
namespace {

size_t workspace(const op::PosEmbed& a, Context&) {
  const size_t rows = size_t(a.x.shape[0]);
  return Workspace::rounded(rows * 2 * sizeof(int32_t)) + Workspace::rounded(rows * sizeof(int32_t)) +
         rows * size_t(a.x.shape[1]) * size_t(size_of(a.x.dtype));
}

template <class T, class E> void launch(const op::PosEmbed& a, Context& ctx) {
  kernels::PosEmbedCachedParams<T, E> p{kernels::pos_embed_row_params<T, E>(a)};
  const auto stream = static_cast<cudaStream_t>(ctx.stream);
  const size_t rows = size_t(p.row.rows);
  p.slots = static_cast<int32_t*>(ctx.workspace.take(rows * 2 * sizeof(int32_t)));
  p.owner = static_cast<int32_t*>(ctx.workspace.take(rows * sizeof(int32_t)));
  p.cache = static_cast<T*>(ctx.workspace.take(rows * size_t(p.row.columns) * sizeof(T)));
  if (rows) CUDA_CHECK(cudaMemsetAsync(p.slots, 0xff, rows * 2 * sizeof(int32_t), stream));
  CUDA_CHECK(kernels::launch_pos_embed_cached_grid(p, stream));
}

template <class T> void launch(const op::PosEmbed& a, Context& ctx) {
  a.table.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

void run(const op::PosEmbed& a, Context& ctx) {
  a.x.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::PosEmbed, .name = "cached_grid", .device = Device::cuda, .arch = {80, 0}, .priority = 10,
                .run = run, .reject = kernels::pos_embed_rejects, .workspace = workspace);

}  // namespace
}  // namespace glimpse
