#include "glimpse/kernels/rms_norm/naive.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/ops/rms_norm.h"

namespace glimpse {
namespace {

template <class T, class W> void launch(const op::RmsNorm& a, Context& ctx) {
  const auto x = view<T, 2>(a.x), y = view<T, 2>(a.y);
  const auto w = view<W, 1>(a.weight);
  const kernels::RmsNormNaiveParams<T, W> p{x.data,      w.data,      y.data,      x.shape[0],  x.shape[1], x.stride[0],
                                            x.stride[1], y.stride[0], y.stride[1], w.stride[0], a.eps};
  CUDA_CHECK(kernels::launch_rms_norm_naive(p, static_cast<cudaStream_t>(ctx.stream)));
}

template <class T> void launch(const op::RmsNorm& a, Context& ctx) {
  a.weight.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

void run(const op::RmsNorm& a, Context& ctx) {
  a.x.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::RmsNorm, .name = "naive", .device = Device::cuda, .arch = {80, 0}, .run = run);

}  // namespace
}  // namespace glimpse
