// The SIMD vocabulary for AVX2 + FMA: 8 floats. A kernel body written against these names compiles for every width.
// bf16 is read and written as uint16_t; a file includes one simd_*.h.
#pragma once
#include "glimpse/kernels/cpu/simd_8.h"

#define GLIMPSE_SIMD_BEGIN GLIMPSE_AVX2_BEGIN

GLIMPSE_AVX2_BEGIN
namespace glimpse::cpu {
namespace {

using Floats = __m256;
constexpr int kLanes = 8;
constexpr int kRegisters = 16;

[[maybe_unused]] inline Floats zeros() { return _mm256_setzero_ps(); }
[[maybe_unused]] inline Floats splat(float v) { return _mm256_set1_ps(v); }
[[maybe_unused]] inline Floats load(const float* p) { return load8(p); }
[[maybe_unused]] inline Floats load(const uint16_t* p) { return load8(p); }
[[maybe_unused]] inline void store(float* p, Floats v) { store8(p, v); }
[[maybe_unused]] inline void store(uint16_t* p, Floats v) { store8(p, v); }
[[maybe_unused]] inline Floats round_bf16(Floats v) { return _mm256_castsi256_ps(_mm256_slli_epi32(bf16_bits(v), 16)); }
[[maybe_unused]] inline Floats add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
[[maybe_unused]] inline Floats sub(Floats a, Floats b) { return _mm256_sub_ps(a, b); }
[[maybe_unused]] inline Floats div(Floats a, Floats b) { return _mm256_div_ps(a, b); }
// Of a NaN and a number: b.
[[maybe_unused]] inline Floats max(Floats a, Floats b) { return _mm256_max_ps(a, b); }
[[maybe_unused]] inline Floats min(Floats a, Floats b) { return _mm256_min_ps(a, b); }
[[maybe_unused]] inline Floats mul(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
[[maybe_unused]] inline Floats fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
[[maybe_unused]] inline Floats nearest(Floats v) {
  return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// v 2^n for an integer |n| <= 252: in two steps, so that it may end below the normal numbers or at infinity.
[[maybe_unused]] inline Floats scale_by(Floats v, Floats n) {
  const __m256i all = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(all, 1);
  const __m256i bias = _mm256_set1_epi32(127), rest = _mm256_sub_epi32(all, half);
  const Floats a = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
  const Floats b = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
  return _mm256_mul_ps(_mm256_mul_ps(v, a), b);
}
// Neighbours exchanged: 1, 0, 3, 2, ...
[[maybe_unused]] inline Floats swap_pairs(Floats v) { return _mm256_permute_ps(v, 0xb1); }
// yes where a < b, else no.
[[maybe_unused]] inline Floats where_less(Floats a, Floats b, Floats yes, Floats no) {
  return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
// The lanes' sum, always in the same order.
[[maybe_unused]] inline float sum(Floats v) {
  const __m128 a = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 b = _mm_add_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_add_ss(b, _mm_shuffle_ps(b, b, 1)));
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
