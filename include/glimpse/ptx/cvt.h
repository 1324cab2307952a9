// Conversions that are one instruction (sm_80).
#pragma once
#include <cstdint>

namespace glimpse::ptx {

// Two floats rounded to bf16 (nearest, ties to even), `low` in the lower half.
__device__ inline uint32_t pack_bf16(float low, float high) {
  uint32_t r;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
  return r;
}

}  // namespace glimpse::ptx
