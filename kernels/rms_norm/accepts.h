// What warp_row and block_row accept alike, and their parameters.
#pragma once
#include "glimpse/device/accepts.h"
#include "glimpse/device/check.cuh"
#include "glimpse/ops/rms_norm.h"

namespace glimpse::kernels {

inline bool rms_norm_rejects(const op::RmsNorm& a, int most, Reason& reason) {
  return dev::not_eights(a.x.shape[1], most, reason) || dev::not_vectors("x", a.x, reason) ||
         dev::not_vectors("weight", a.weight, reason) || dev::not_vectors("y", a.y, reason);
}

template <class T> RmsNormRowParams<T> rms_norm_row_params(const op::RmsNorm& a) {
  const auto x = view<T, 2>(a.x), y = view<T, 2>(a.y);
  return {x.data,      {a.weight.data, a.weight.dtype == DType::bf16}, y.data, x.stride[0], y.stride[0], x.shape[0],
          int(x.shape[1]), a.eps};
}

}  // namespace glimpse::kernels
