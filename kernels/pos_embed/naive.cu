#include "glimpse/kernels/pos_embed/naive.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/ops/pos_embed.h"
#include "taps.h"

namespace glimpse {
namespace {

template <class T, class E> void launch(const op::PosEmbed& a, Context& ctx) {
  kernels::PosEmbedNaiveParams<T, E> p{};
  p.x = view<T, 2>(a.x), p.y = view<T, 2>(a.y), p.table = view<E, 2>(a.table), p.coords = view<int32_t, 2>(a.coords);
  if (a.normed) p.normed = view<T, 2>(a.normed);
  p.weight = a.weight.data, p.weight_step = a.weight.stride[0], p.weight_is_bf16 = a.weight.dtype == DType::bf16;
  p.side = int(pos_embed::table_side(a)), p.eps = a.eps;
  p.bicubic = a.method == op::Interpolation::bicubic;
  CUDA_CHECK(kernels::launch_pos_embed_naive(p, static_cast<cudaStream_t>(ctx.stream)));
}

template <class T> void launch(const op::PosEmbed& a, Context& ctx) {
  a.table.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

void run(const op::PosEmbed& a, Context& ctx) {
  a.x.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::PosEmbed, .name = "naive", .device = Device::cuda, .arch = {80, 0}, .run = run);

}  // namespace
}  // namespace glimpse
