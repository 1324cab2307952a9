// What every CPU variant of linear does with its f32 sums: bias, one rounding, residual, another rounding.
#pragma once
#include "glimpse/ops/linear.h"

namespace glimpse::linear {


inline void round(float v, float* y) { *y = v; }
inline void round(float v, bf16* y) { *y = to_bf16(v); }

template <class T>
void finish_row(const TensorView& residual, const TensorView& y, int64_t m, int64_t n0, int64_t n, const float* sums) {
  T* out = static_cast<T*>(y.data) + m * y.stride[0] + n0;
  if (!residual) {
    for (int64_t i = 0; i < n; ++i) round(sums[i], out + i);
    return;
  }
  const T* add = static_cast<const T*>(residual.data) + m * residual.stride[0] + n0;
  for (int64_t i = 0; i < n; ++i) {
    T rounded;
    round(sums[i], &rounded);
    round(to_f32(rounded) + to_f32(add[i]), out + i);
  }
}

// Columns n0 .. n0 + n - 1 of row m from their sums, which are overwritten.
inline void finish(const op::Linear& a, int64_t m, int64_t n0, int64_t n, float* sums) {
  if (a.bias && a.bias.dtype == DType::bf16)
    for (int64_t i = 0; i < n; ++i) sums[i] += to_f32(static_cast<const bf16*>(a.bias.data)[n0 + i]);
  else if (a.bias)
    for (int64_t i = 0; i < n; ++i) sums[i] += static_cast<const float*>(a.bias.data)[n0 + i];
  if (a.y.dtype == DType::bf16) finish_row<bf16>(a.residual, a.y, m, n0, n, sums);
  else finish_row<float>(a.residual, a.y, m, n0, n, sums);
}

}  // namespace glimpse::linear
