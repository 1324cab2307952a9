#include "glimpse/kernels/patch_embed/naive.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/ops/patch_embed.h"

namespace glimpse {
namespace {

template <class T, class W> void launch(const op::PatchEmbed& a, Context& ctx) {
  kernels::PatchEmbedNaiveParams<T, W> p{};
  if (a.pixels.dtype == DType::u8)
    p.levels = view<uint8_t, 2>(a.pixels), p.table = view<float, 2>(a.table);
  else
    p.pixels = view<float, 2>(a.pixels);
  p.w = view<W, 2>(a.w.data), p.bias = a.bias.data, p.bias_is_bf16 = a.bias.dtype == DType::bf16;
  p.y = view<T, 2>(a.y);
  CUDA_CHECK(kernels::launch_patch_embed_naive(p, static_cast<cudaStream_t>(ctx.stream)));
}

template <class T> void launch(const op::PatchEmbed& a, Context& ctx) {
  a.w.data.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

void run(const op::PatchEmbed& a, Context& ctx) {
  a.y.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::PatchEmbed, .name = "naive", .device = Device::cuda, .arch = {80, 0}, .run = run);

}  // namespace
}  // namespace glimpse
