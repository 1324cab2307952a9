#include "glimpse/kernels/layer_norm_gelu/naive.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/ops/layer_norm_gelu.h"

namespace glimpse {
namespace {

template <class T, class W> void launch(const op::LayerNormGelu& a, Context& ctx) {
  kernels::LayerNormGeluNaiveParams<T, W> p{};
  p.x = view<T, 2>(a.x), p.y = view<T, 2>(a.y), p.weight = view<W, 1>(a.weight), p.bias = view<W, 1>(a.bias);
  if (a.normed) p.normed = view<T, 2>(a.normed);
  p.eps = a.eps;
  CUDA_CHECK(kernels::launch_layer_norm_gelu_naive(p, static_cast<cudaStream_t>(ctx.stream)));
}

template <class T> void launch(const op::LayerNormGelu& a, Context& ctx) {
  a.weight.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

void run(const op::LayerNormGelu& a, Context& ctx) {
  a.x.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::LayerNormGelu, .name = "naive", .device = Device::cuda, .arch = {80, 0}, .run = run);

}  // namespace
}  // namespace glimpse
