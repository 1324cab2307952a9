// tile_block.h for pairs of bf16 in the place of a float: twice the multiply-adds, neither side is widened. Include
// after simd_avx512bf16.h.
#pragma once
#include "glimpse/kernels/cpu/tile_block.h"

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

struct PairsFma {
  static inline Floats add(Floats a, Floats b, Floats acc) { return fma_pairs(a, b, acc); }
};

// Pair i of a row of n values; behind an odd end stands a zero.
inline float pair_at(const uint16_t* row, int64_t i, int64_t n) {
  const uint32_t high = 2 * i + 1 < n ? row[2 * i + 1] : 0;
  return __builtin_bit_cast(float, row[2 * i] | high << 16);
}

// Shuffles and moves do not look at the bits, so a pair travels as a float.
inline void pack_pairs(const void* const* rows, bool, int64_t columns, int64_t K, float* out) {
  const int64_t whole = K / 16 * 8, pairs = (K + 1) / 2;
  gather_rows<float>(rows, columns, whole, out);
  for (int64_t i = whole; i < pairs; ++i)
    for (int64_t c = 0; c < columns; ++c) out[i * columns + c] = pair_at(static_cast<const uint16_t*>(rows[c]), i, K);
}

inline void copy_pairs(const void* w, bool, int64_t at, int64_t stride, int64_t n, int64_t width, float* out) {
  const int64_t pairs = (width + 1) / 2;
  const uint16_t* row = static_cast<const uint16_t*>(w) + at;
  for (int64_t r = 0; r < n; ++r, row += stride, out += pairs) {
    __builtin_memcpy(out, row, size_t(width / 2 * 4));
    if (width % 2) out[pairs - 1] = pair_at(row, pairs - 1, width);
  }
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
