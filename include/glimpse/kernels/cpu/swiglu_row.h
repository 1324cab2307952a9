// silu(gate) * up for a row; include after one simd_*.h.
#pragma once
#include "glimpse/kernels/cpu/row_block.h"
#include "glimpse/kernels/cpu/simd_exp.h"

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

// Gate and up are rounded to y's type (sums of a projection), so is silu, so is the product.
template <class In, class Out> inline void swiglu(const In* gate, const In* up, int64_t n, Out* y) {
  const Floats one = splat(1.0f);
  for (int64_t i = 0; i < n; i += kLanes) {
    const int64_t here = some(n - i);
    const Floats g = rounded<Out>(load_some(gate + i, here)), u = rounded<Out>(load_some(up + i, here));
    const Floats silu = div(g, add(one, exp(sub(zeros(), g))));
    store_some(y + i, mul(rounded<Out>(silu), u), here);
  }
}

// In f32 or bf16 as y is.
inline void swiglu_row(const void* gate, const void* up, int64_t n, bool bf16, void* y) {
  if (bf16) swiglu(static_cast<const uint16_t*>(gate), static_cast<const uint16_t*>(up), n, static_cast<uint16_t*>(y));
  else swiglu(static_cast<const float*>(gate), static_cast<const float*>(up), n, static_cast<float*>(y));
}

// Sums in f32.
inline void swiglu_sums(const float* gate, const float* up, int64_t n, bool bf16, void* y) {
  if (bf16) swiglu(gate, up, n, static_cast<uint16_t*>(y));
  else swiglu(gate, up, n, static_cast<float*>(y));
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
