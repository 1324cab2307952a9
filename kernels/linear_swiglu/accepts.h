// What the CUDA variants of linear_swiglu accept alike, and their parameters.
#pragma once
#include "glimpse/device/accepts.h"
#include "glimpse/kernels/linear_swiglu/params.h"
#include "glimpse/ops/linear_swiglu.h"

namespace glimpse::kernels {

inline bool swiglu_rejects(const op::LinearSwiglu& a, Reason& reason) {
  if (a.gate.format != WeightFormat::dense || a.up.format != WeightFormat::dense)
    return reason.set("it takes dense weights only");
  if (a.gate.K % 8) return reason.set("K is %lld, not a multiple of 8", (long long)a.gate.K);
  // Twice N: the columns of both weights are counted together.
  if (dev::not_int("M", a.x.shape[0], reason) || dev::not_int("twice N", 2 * a.gate.N, reason) ||
      dev::not_int("K", a.gate.K, reason))
    return true;
  return dev::not_aligned_bf16("x", a.x, reason) || dev::not_aligned_bf16("gate", a.gate.data, reason) ||
         dev::not_aligned_bf16("up", a.up.data, reason);
}

inline LinearSwigluParams swiglu_params(const op::LinearSwiglu& a) {
  LinearSwigluParams p{};
  const auto x = view<bf16, 2>(a.x), y = view<bf16, 2>(a.y);
  const auto gate = view<bf16, 2>(a.gate.data), up = view<bf16, 2>(a.up.data);
  p.x = x.data, p.x_row = x.stride[0], p.y = y.data, p.y_row = y.stride[0];
  p.gate = gate.data, p.gate_row = gate.stride[0], p.up = up.data, p.up_row = up.stride[0];
  p.M = int(x.shape[0]), p.N = int(gate.shape[0]), p.K = int(x.shape[1]), p.aligned = dev::rows_aligned(a.y);
  return p;
}

}  // namespace glimpse::kernels
