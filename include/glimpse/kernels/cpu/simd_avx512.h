// The SIMD vocabulary for AVX-512 (F, BW, DQ, VL): 16 floats; see simd_avx2.h.
#pragma once
#include "glimpse/kernels/cpu/simd_8.h"

// g++ 12 takes the deliberately undefined operands inside its own AVX-512 intrinsics for mistakes (GCC bug 105593).
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#define GLIMPSE_SIMD_BEGIN GLIMPSE_AVX512_BEGIN

GLIMPSE_AVX512_BEGIN
namespace glimpse::cpu {
namespace {

using Floats = __m512;
constexpr int kLanes = 16;
constexpr int kRegisters = 32;

[[maybe_unused]] inline Floats zeros() { return _mm512_setzero_ps(); }
[[maybe_unused]] inline Floats splat(float v) { return _mm512_set1_ps(v); }
[[maybe_unused]] inline Floats load(const float* p) { return _mm512_loadu_ps(p); }
[[maybe_unused]] inline Floats load(const uint16_t* p) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
[[maybe_unused]] inline void store(float* p, Floats v) { _mm512_storeu_ps(p, v); }
// bf16 in the low halves; round to nearest even; a NaN stays one.
[[maybe_unused]] inline __m512i bf16_bits(Floats v) {
  const __m512i u = _mm512_castps_si512(v), high = _mm512_srli_epi32(u, 16);
  const __m512i odd = _mm512_and_si512(high, _mm512_set1_epi32(1));
  const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(u, _mm512_set1_epi32(0x7fff)), odd);
  const __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  return _mm512_mask_or_epi32(_mm512_srli_epi32(sum, 16), nan, high, _mm512_set1_epi32(0x40));
}
[[maybe_unused]] inline void store(uint16_t* p, Floats v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(bf16_bits(v)));
}
[[maybe_unused]] inline Floats round_bf16(Floats v) { return _mm512_castsi512_ps(_mm512_slli_epi32(bf16_bits(v), 16)); }
[[maybe_unused]] inline Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
[[maybe_unused]] inline Floats sub(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
[[maybe_unused]] inline Floats div(Floats a, Floats b) { return _mm512_div_ps(a, b); }
// Of a NaN and a number: b.
[[maybe_unused]] inline Floats max(Floats a, Floats b) { return _mm512_max_ps(a, b); }
[[maybe_unused]] inline Floats min(Floats a, Floats b) { return _mm512_min_ps(a, b); }
[[maybe_unused]] inline Floats mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
[[maybe_unused]] inline Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
[[maybe_unused]] inline Floats nearest(Floats v) {
  return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// v 2^n for an integer n.
[[maybe_unused]] inline Floats scale_by(Floats v, Floats n) { return _mm512_scalef_ps(v, n); }
// Neighbours exchanged: 1, 0, 3, 2, ...
[[maybe_unused]] inline Floats swap_pairs(Floats v) { return _mm512_permute_ps(v, 0xb1); }
// yes where a < b, else no.
[[maybe_unused]] inline Floats where_less(Floats a, Floats b, Floats yes, Floats no) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
// The lanes' sum, always in the same order.
[[maybe_unused]] inline float sum(Floats v) {
  const __m256 h = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
  const __m128 a = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
  const __m128 b = _mm_add_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_add_ss(b, _mm_shuffle_ps(b, b, 1)));
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
