// The SIMD vocabulary for AVX2 + FMA: 8 floats. A kernel body written against these names compiles for every width.
// bf16 is read and written as uint16_t; a file includes one simd_*.h.
#pragma once
#include "glimpse/kernels/cpu/isa.h"

#define GLIMPSE_SIMD_BEGIN GLIMPSE_AVX2_BEGIN

GLIMPSE_AVX2_BEGIN
namespace glimpse::cpu {
namespace {

using Floats = __m256;
constexpr int kLanes = 8;
constexpr int kRegisters = 16;

[[maybe_unused]] inline Floats zeros() { return _mm256_setzero_ps(); }
[[maybe_unused]] inline Floats splat(float v) { return _mm256_set1_ps(v); }
[[maybe_unused]] inline Floats load(const float* p) { return _mm256_loadu_ps(p); }
[[maybe_unused]] inline Floats load(const uint16_t* p) {
  const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}
[[maybe_unused]] inline void store(float* p, Floats v) { _mm256_storeu_ps(p, v); }
// Round to nearest even; a NaN stays one.
[[maybe_unused]] inline void store(uint16_t* p, Floats v) {
  const __m256i u = _mm256_castps_si256(v), high = _mm256_srli_epi32(u, 16);
  const __m256i odd = _mm256_and_si256(high, _mm256_set1_epi32(1));
  const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(u, _mm256_set1_epi32(0x7fff)), odd);
  const __m256i quiet = _mm256_or_si256(high, _mm256_set1_epi32(0x40));
  const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
  const __m256i r = _mm256_blendv_epi8(_mm256_srli_epi32(sum, 16), quiet, nan);
  const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(r, r), 0x08);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(packed));
}
[[maybe_unused]] inline Floats add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
[[maybe_unused]] inline Floats mul(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
[[maybe_unused]] inline Floats fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
// The lanes' sum, always in the same order.
[[maybe_unused]] inline float sum(Floats v) {
  const __m128 a = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 b = _mm_add_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_add_ss(b, _mm_shuffle_ps(b, b, 1)));
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
