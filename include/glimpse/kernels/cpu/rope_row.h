// Rotation of one head's row; include after one simd_*.h.
#pragma once
#include "glimpse/kernels/cpu/row_block.h"

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

// Pairs (2i, 2i+1): c and s hold a value for each of n elements, s negative at even places; products are rounded.
// Elements n .. dh - 1 stay as they are.
inline void rotate_interleaved(const In& x, const float* c, const float* s, int64_t n, int64_t dh, const Out& y) {
  for (int64_t i = 0; i < n; i += kLanes) {
    const int64_t here = some(n - i);
    const Floats v = load_at(x, i, here);
    const Floats straight = round_as(x.bf16, mul(v, load_some(c + i, here)));
    const Floats crossed = round_as(x.bf16, mul(swap_pairs(v), load_some(s + i, here)));
    store_at(y, i, add(straight, crossed), here);
  }
  for (int64_t i = n; i < dh; i += kLanes) store_at(y, i, load_at(x, i, some(dh - i)), some(dh - i));
}

// Pairs (i, i + n), i < n = dh / 2.
inline void rotate_halves(const In& x, const float* c, const float* s, int64_t n, int64_t, const Out& y) {
  for (int64_t i = 0; i < n; i += kLanes) {
    const int64_t here = some(n - i);
    const Floats a = load_at(x, i, here), b = load_at(x, i + n, here);
    const Floats cos = load_some(c + i, here), sin = load_some(s + i, here);
    const Floats first = sub(mul(a, cos), mul(b, sin)), second = add(mul(b, cos), mul(a, sin));
    store_at(y, i, first, here), store_at(y, i + n, second, here);
  }
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
