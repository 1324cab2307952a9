// What the bf16 CUDA variants of linear accept alike, and the parameters they share.
#pragma once
#include "glimpse/device/accepts.h"
#include "glimpse/ops/linear.h"

namespace glimpse::kernels {

inline bool linear_rejects(const op::Linear& a, Reason& reason) {
  if (a.w.format != WeightFormat::dense) return reason.set("it takes dense weights only");
  if (a.w.K % 8) return reason.set("K is %lld, not a multiple of 8", (long long)a.w.K);
  if (dev::not_int("M", a.x.shape[0], reason) || dev::not_int("N", a.w.N, reason) || dev::not_int("K", a.w.K, reason))
    return true;
  return dev::not_aligned_bf16("x", a.x, reason) || dev::not_aligned_bf16("w", a.w.data, reason);
}

template <class Params> Params linear_params(const op::Linear& a) {
  Params p{};
  const auto x = view<bf16, 2>(a.x), w = view<bf16, 2>(a.w.data), y = view<bf16, 2>(a.y);
  p.x = x.data, p.x_row = x.stride[0], p.w = w.data, p.w_row = w.stride[0], p.y = y.data, p.y_row = y.stride[0];
  p.bias = a.bias.data, p.bias_is_bf16 = a.bias.dtype == DType::bf16;
  if (a.residual) p.residual = view<bf16, 2>(a.residual).data, p.residual_row = a.residual.stride[0];
  p.M = int(x.shape[0]), p.N = int(w.shape[0]), p.K = int(x.shape[1]);
  return p;
}

}  // namespace glimpse::kernels
