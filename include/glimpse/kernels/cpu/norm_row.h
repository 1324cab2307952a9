// RMS and layer norms of a row; include after one simd_*.h.
#pragma once
#include "glimpse/kernels/cpu/row_block.h"

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

// 1 / sqrt(squares / n + eps), in double up to the last rounding.
inline float rms_scale(Floats squares, int64_t n, float eps) {
  return float(1 / __builtin_sqrt(double(sum(squares)) / double(n) + double(eps)));
}

inline Floats sum_squares(const In& x, int64_t n) {
  Floats a = zeros(), b = zeros();
  for (int64_t i = 0; i < n; i += 2 * kLanes) {
    const Floats u = load_at(x, i, some(n - i));
    const Floats v = i + kLanes < n ? load_at(x, i + kLanes, some(n - i - kLanes)) : zeros();
    a = fma(u, u, a), b = fma(v, v, b);
  }
  return add(a, b);
}

// The normalised value is rounded, and so is its product with the weight (by the store, or by the caller).
inline Floats weighed(Floats x, Floats scale, Floats weight, bool bf16) {
  return mul(round_as(bf16, mul(x, scale)), weight);
}

inline void rms_norm_row(const In& x, const In& weight, int64_t n, float eps, const Out& y) {
  const Floats scale = splat(rms_scale(sum_squares(x, n), n, eps));
  for (int64_t i = 0; i < n; i += kLanes) {
    const int64_t here = some(n - i);
    store_at(y, i, weighed(load_at(x, i, here), scale, load_at(weight, i, here), x.bf16), here);
  }
}

// residual += rms(x; post); y = rms(residual; pre).
inline void norm_add_norm_row(const In& x, const In& post, const In& pre, int64_t n, float eps, const Out& residual,
                              const Out& y) {
  const Floats scale = splat(rms_scale(sum_squares(x, n), n, eps));
  const In before{residual.data, residual.bf16};
  Floats squares = zeros();
  for (int64_t i = 0; i < n; i += kLanes) {
    const int64_t here = some(n - i);
    const Floats branch = weighed(load_at(x, i, here), scale, load_at(post, i, here), x.bf16);
    const Floats sum = round_as(x.bf16, add(load_at(before, i, here), round_as(x.bf16, branch)));
    squares = fma(sum, sum, squares);
    store_at(residual, i, sum, here);
  }
  const Floats second = splat(rms_scale(squares, n, eps));
  for (int64_t i = 0; i < n; i += kLanes) {
    const int64_t here = some(n - i);
    store_at(y, i, weighed(load_at(before, i, here), second, load_at(pre, i, here), x.bf16), here);
  }
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
