// AVX-512 with the bf16 dot product: what includes this is compiled for both; see simd_avx512.h.
#pragma once
#include "glimpse/kernels/cpu/simd_avx512.h"

#undef GLIMPSE_SIMD_BEGIN
#define GLIMPSE_SIMD_BEGIN GLIMPSE_ISA_BEGIN("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

// acc + a0 b0 + a1 b1, where a float stands for two bf16; products are exact, each sum rounds to f32, denormals are 0.
[[maybe_unused]] inline Floats fma_pairs(Floats a, Floats b, Floats acc) {
  return _mm512_dpbf16_ps(acc, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
