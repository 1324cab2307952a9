// A patch's position from up to 4 x 4 rows of the table, added to its normalised row; include after one simd_*.h.
#pragma once
#include "glimpse/kernels/cpu/norm_row.h"

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

// tap[j * count + k] is a row of the table, wy[j] and wx[k] are weights; the sum along k first.
inline void pos_embed_row(const In& x, const In& weight, const In* tap, const float* wy, const float* wx, int count,
                          int64_t n, float eps, const Out* normed, const Out& y) {
  const Floats scale = splat(rms_scale(sum_squares(x, n), n, eps));
  for (int64_t i = 0; i < n; i += kLanes) {
    const int64_t here = some(n - i);
    Floats position = zeros();
    for (int j = 0; j < count; ++j) {
      Floats line = zeros();
      for (int k = 0; k < count; ++k) line = fma(splat(wx[k]), load_at(tap[j * count + k], i, here), line);
      position = fma(splat(wy[j]), line, position);
    }
    const Floats norm = round_as(x.bf16, weighed(load_at(x, i, here), scale, load_at(weight, i, here), x.bf16));
    if (normed) store_at(*normed, i, norm, here);
    store_at(y, i, add(norm, round_as(x.bf16, position)), here);
  }
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
