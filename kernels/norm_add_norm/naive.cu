#include "glimpse/kernels/norm_add_norm/naive.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/ops/norm_add_norm.h"

namespace glimpse {
namespace {

template <class T, class W> void launch(const op::NormAddNorm& a, Context& ctx) {
  const kernels::NormAddNormNaiveParams<T, W> p{view<T, 2>(a.x),    view<T, 2>(a.residual), view<T, 2>(a.y),
                                                view<W, 1>(a.post), view<W, 1>(a.pre),      a.eps};
  CUDA_CHECK(kernels::launch_norm_add_norm_naive(p, static_cast<cudaStream_t>(ctx.stream)));
}

template <class T> void launch(const op::NormAddNorm& a, Context& ctx) {
  a.post.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

void run(const op::NormAddNorm& a, Context& ctx) {
  a.x.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::NormAddNorm, .name = "naive", .device = Device::cuda, .arch = {80, 0}, .run = run);

}  // namespace
}  // namespace glimpse
