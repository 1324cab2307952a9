// Approximations of the special-function unit.
#pragma once

namespace glimpse::ptx {

// 2^x within 2 ulp; subnormal results become zero; 0 for -inf.
__device__ inline float exp2(float x) {
  float r;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}

}  // namespace glimpse::ptx
