// Products of a panel of weight rows with tiles of activation rows; include after one simd_*.h.
//
// A tile holds up to 3 vectors of activation rows as columns, [k][column]; sums are [weight row][column]. A sum runs
// over k in order, whatever the tile's width and the panel's height.
#pragma once
#include "glimpse/kernels/cpu/outer.h"
#include "glimpse/kernels/cpu/transpose.h"

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

inline void pack_tile(const void* const* rows, bool bf16, int64_t columns, int64_t K, float* out) {
  if (bf16) gather_rows<uint16_t>(rows, columns, K, out);
  else gather_rows<float>(rows, columns, K, out);
}

inline void copy_weights(const void* w, bool bf16, int64_t at, int64_t stride, int64_t n, int64_t width, float* out) {
  if (bf16) widen_block(static_cast<const uint16_t*>(w) + at, stride, n, width, out);
  else widen_block(static_cast<const float*>(w) + at, stride, n, width, out);
}

template <int R, int V, class Mac>
inline void multiply_columns(const float* w, int64_t k, int64_t n, const float* x, Start start, float* sums) {
  int64_t r = 0;
  for (; r + R <= n; r += R) outer<R, V, Mac>(w + r * k, k, 1, x, k, start, nullptr, sums + r * V * kLanes);
  if constexpr (R > 1)
    if (r < n) multiply_columns<R / 2, V, Mac>(w + r * k, k, n - r, x, start, sums + r * V * kLanes);
}

// sums[r][c] (+)= w[r] . x[c] over k values, r < n; w is dense.
template <int R, class Mac = Fma>
inline void multiply_tile(const float* w, int64_t k, int64_t n, const float* x, int64_t columns, bool add,
                          float* sums) {
  const Start start = add ? Start::kept : Start::zero;
  if (columns == kLanes) multiply_columns<R, 1, Mac>(w, k, n, x, start, sums);
  else if (columns == 2 * kLanes) multiply_columns<R, 2, Mac>(w, k, n, x, start, sums);
  else multiply_columns<R, 3, Mac>(w, k, n, x, start, sums);
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
