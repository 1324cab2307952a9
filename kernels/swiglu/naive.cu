#include "glimpse/kernels/swiglu/naive.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/ops/swiglu.h"

namespace glimpse {
namespace {

template <class T> void launch(const op::Swiglu& a, Context& ctx) {
  const auto g = view<T, 2>(a.gate), u = view<T, 2>(a.up), y = view<T, 2>(a.y);
  const kernels::SwigluNaiveParams<T> p{g.data,      u.data,      y.data,      g.shape[0],  g.shape[1], g.stride[0],
                                        g.stride[1], u.stride[0], u.stride[1], y.stride[0], y.stride[1]};
  CUDA_CHECK(kernels::launch_swiglu_naive(p, static_cast<cudaStream_t>(ctx.stream)));
}

void run(const op::Swiglu& a, Context& ctx) {
  a.y.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Swiglu, .name = "naive", .device = Device::cuda, .arch = {80, 0}, .run = run);

}  // namespace
}  // namespace glimpse
