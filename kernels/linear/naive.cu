#include "glimpse/kernels/linear/naive.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/ops/linear.h"

namespace glimpse {
namespace {

template <class T, class W> void launch(const op::Linear& a, Context& ctx) {
  kernels::LinearNaiveParams<T, W> p{};
  const auto x = view<T, 2>(a.x), y = view<T, 2>(a.y);
  p.x = x.data, p.x_row = x.stride[0], p.y = y.data, p.y_row = y.stride[0];
  p.w = view<W, 2>(a.w.data).data, p.w_row = a.w.data.stride[0];
  p.bias = a.bias.data, p.bias_is_bf16 = a.bias.dtype == DType::bf16;
  if (a.residual) p.residual = view<T, 2>(a.residual).data, p.residual_row = a.residual.stride[0];
  p.m = x.shape[0], p.n = y.shape[1], p.k = x.shape[1];
  CUDA_CHECK(kernels::launch_linear_naive(p, static_cast<cudaStream_t>(ctx.stream)));
}

template <class T> void launch(const op::Linear& a, Context& ctx) {
  a.w.data.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

bool reject(const op::Linear& a, const DeviceInfo&, Reason& reason) {
  if (a.w.format != WeightFormat::dense) return reason.set("it takes dense weights only");
  if (a.x.shape[0] > dev::kMostGridY)
    return reason.set("M is %lld, at most %lld", (long long)a.x.shape[0], (long long)dev::kMostGridY);
  if (a.y.stride[1] != 1 || (a.residual && a.residual.stride[1] != 1) || (a.bias && a.bias.stride[0] != 1))
    return reason.set("y, residual and bias must have contiguous rows");
  return false;
}

void run(const op::Linear& a, Context& ctx) {
  a.x.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Linear, .name = "naive", .device = Device::cuda, .arch = {80, 0}, .run = run, .reject = reject);

}  // namespace
}  // namespace glimpse
