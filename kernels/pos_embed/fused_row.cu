#include "glimpse/kernels/pos_embed/fused_row.cuh"

#include "accepts.h"

namespace glimpse {
namespace {

template <class T, class E> void launch(const op::PosEmbed& a, Context& ctx) {
  const auto p = kernels::pos_embed_row_params<T, E>(a);
  CUDA_CHECK(kernels::launch_pos_embed_fused_row(p, static_cast<cudaStream_t>(ctx.stream)));
}

template <class T> void launch(const op::PosEmbed& a, Context& ctx) {
  a.table.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

void run(const op::PosEmbed& a, Context& ctx) {
  a.x.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::PosEmbed, .name = "fused_row", .device = Device::cuda, .arch = {80, 0}, .priority = 20, .run = run,
                .reject = kernels::pos_embed_rejects);

}  // namespace
}  // namespace glimpse
