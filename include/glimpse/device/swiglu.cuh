// silu(gate) * up with the model's roundings, where a projection ends.
#pragma once
#include "glimpse/core/dtype.h"

namespace glimpse::dev {

// gate and up are sums of products: each is rounded to bf16, so is silu(gate). The product is left to the caller's
// rounding.
__device__ inline float swiglu_bf16(float gate, float up) {
  const float g = to_f32(to_bf16(gate)), silu = g / (1.f + expf(-g));
  return to_f32(to_bf16(silu)) * to_f32(to_bf16(up));
}

}  // namespace glimpse::dev
