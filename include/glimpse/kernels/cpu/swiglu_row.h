// silu(gate) * up for a row; include after one simd_*.h.
#pragma once
#include "glimpse/kernels/cpu/row_block.h"
#include "glimpse/kernels/cpu/simd_exp.h"

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

// Gate and up are rounded to y's type (sums of a projection), so is silu, so is the product.
inline void swiglu_row(const In& gate, const In& up, int64_t n, const Out& y) {
  const Floats one = splat(1.0f);
  for (int64_t i = 0; i < n; i += kLanes) {
    const int64_t here = some(n - i);
    const Floats g = round_as(y.bf16, load_at(gate, i, here)), u = round_as(y.bf16, load_at(up, i, here));
    const Floats silu = div(g, add(one, exp(sub(zeros(), g))));
    store_at(y, i, mul(round_as(y.bf16, silu), u), here);
  }
}

inline void swiglu_sums(const float* gate, const float* up, int64_t n, bool bf16, void* y) {
  swiglu_row({gate, false}, {up, false}, n, {y, bf16});
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
