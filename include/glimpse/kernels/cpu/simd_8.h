// Eight floats in and out of memory, as f32 and as bf16: what both simd_*.h use.
#pragma once
#include "glimpse/kernels/cpu/isa.h"

GLIMPSE_AVX2_BEGIN
namespace glimpse::cpu {
namespace {

[[maybe_unused]] inline __m256 load8(const float* p) { return _mm256_loadu_ps(p); }
[[maybe_unused]] inline __m256 load8(const uint16_t* p) {
  const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}
[[maybe_unused]] inline void store8(float* p, __m256 v) { _mm256_storeu_ps(p, v); }
// bf16 in the low halves; round to nearest even; a NaN stays one.
[[maybe_unused]] inline __m256i bf16_bits(__m256 v) {
  const __m256i u = _mm256_castps_si256(v), high = _mm256_srli_epi32(u, 16);
  const __m256i odd = _mm256_and_si256(high, _mm256_set1_epi32(1));
  const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(u, _mm256_set1_epi32(0x7fff)), odd);
  const __m256i quiet = _mm256_or_si256(high, _mm256_set1_epi32(0x40));
  const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
  return _mm256_blendv_epi8(_mm256_srli_epi32(sum, 16), quiet, nan);
}
[[maybe_unused]] inline void store8(uint16_t* p, __m256 v) {
  const __m256i r = bf16_bits(v);
  const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(r, r), 0x08);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(packed));
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
