// Matrices in memory and the way into them: fragments of every type to rows of f64, and back. Included by the files
// that are compiled once for each instruction set only.
#pragma once

#include <immintrin.h>

#include "../fragment.h"
#include "../half.h"
#include "simd.h"

namespace ptxvm::PTXVM_ISA {
namespace {

constexpr int kMaxK = 32;

struct Operands {
  alignas(64) double a[16][kMaxK];
  alignas(64) double b[kMaxK][8];
  alignas(64) double c[16][8];
};

#if defined(__AVX512F__)
struct Row {  // eight columns
  __m512d v;
};
[[gnu::always_inline]] inline Row load(const double* p) { return {_mm512_load_pd(p)}; }
[[gnu::always_inline]] inline Row splat(double x) { return {_mm512_set1_pd(x)}; }
[[gnu::always_inline]] inline void store(double* p, Row r) { _mm512_store_pd(p, r.v); }
[[gnu::always_inline]] inline Row fma(Row a, Row b, Row c) { return {_mm512_fmadd_pd(a.v, b.v, c.v)}; }
[[gnu::always_inline]] inline Row mul(Row a, Row b) { return {_mm512_mul_pd(a.v, b.v)}; }
[[gnu::always_inline]] inline Row add(Row a, Row b) { return {_mm512_add_pd(a.v, b.v)}; }
[[gnu::always_inline]] inline Row sub(Row a, Row b) { return {_mm512_sub_pd(a.v, b.v)}; }
[[gnu::always_inline]] inline Row max_magnitude(Row m, Row x) {
  return {_mm512_maskz_max_pd(0xff, m.v, _mm512_abs_pd(x.v))};
}
[[gnu::always_inline]] inline Row power_of_two(Row x) {
  return {_mm512_castsi512_pd(_mm512_and_si512(_mm512_castpd_si512(x.v), _mm512_set1_epi64(0x7ff0000000000000)))};
}
[[gnu::always_inline]] inline Row widen(__m256 x) { return {_mm512_maskz_cvtps_pd(0xff, x)}; }
[[gnu::always_inline]] inline __m256 narrow(Row x) { return _mm512_maskz_cvtpd_ps(0xff, x.v); }
#else
struct Row {
  __m256d lo, hi;
};
[[gnu::always_inline]] inline Row load(const double* p) { return {_mm256_load_pd(p), _mm256_load_pd(p + 4)}; }
[[gnu::always_inline]] inline Row splat(double x) { return {_mm256_set1_pd(x), _mm256_set1_pd(x)}; }
[[gnu::always_inline]] inline void store(double* p, Row r) {
  _mm256_store_pd(p, r.lo);
  _mm256_store_pd(p + 4, r.hi);
}
[[gnu::always_inline]] inline Row fma(Row a, Row b, Row c) {
  return {_mm256_fmadd_pd(a.lo, b.lo, c.lo), _mm256_fmadd_pd(a.hi, b.hi, c.hi)};
}
[[gnu::always_inline]] inline Row mul(Row a, Row b) { return {_mm256_mul_pd(a.lo, b.lo), _mm256_mul_pd(a.hi, b.hi)}; }
[[gnu::always_inline]] inline Row add(Row a, Row b) { return {_mm256_add_pd(a.lo, b.lo), _mm256_add_pd(a.hi, b.hi)}; }
[[gnu::always_inline]] inline Row sub(Row a, Row b) { return {_mm256_sub_pd(a.lo, b.lo), _mm256_sub_pd(a.hi, b.hi)}; }
[[gnu::always_inline]] inline __m256d max_magnitude(__m256d m, __m256d x) {
  return _mm256_max_pd(m, _mm256_andnot_pd(_mm256_set1_pd(-0.0), x));
}
[[gnu::always_inline]] inline Row max_magnitude(Row m, Row x) {
  return {max_magnitude(m.lo, x.lo), max_magnitude(m.hi, x.hi)};
}
[[gnu::always_inline]] inline Row power_of_two(Row x) {
  const __m256d mask = _mm256_castsi256_pd(_mm256_set1_epi64x(0x7ff0000000000000));
  return {_mm256_and_pd(x.lo, mask), _mm256_and_pd(x.hi, mask)};
}
[[gnu::always_inline]] inline Row widen(__m256 x) {
  return {_mm256_cvtps_pd(_mm256_castps256_ps128(x)), _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1))};
}
[[gnu::always_inline]] inline __m256 narrow(Row x) {
  return _mm256_set_m128(_mm256_cvtpd_ps(x.hi), _mm256_cvtpd_ps(x.lo));
}
#endif

/// The lanes of one register.
[[gnu::always_inline]] inline const uint32_t* words(const void* reg) { return static_cast<const uint32_t*>(reg); }

constexpr int per_register(Element e) {
  return e == Element::kTf32 ? 1 : e == Element::kF16 || e == Element::kBf16 ? 2 : 4;
}

/// Eight f32 as f64; one 64-byte store where 64-byte loads follow, for store-to-load forwarding.
[[gnu::always_inline]] inline void widen_8(double* to, __m256 f) {
#if defined(__AVX512F__)
  _mm512_store_pd(to, _mm512_maskz_cvtps_pd(0xff, f));
#else
  _mm256_store_pd(to, _mm256_cvtps_pd(_mm256_castps256_ps128(f)));
  _mm256_store_pd(to + 4, _mm256_cvtps_pd(_mm256_extractf128_ps(f, 1)));
#endif
}

/// Eight bytes of e4m3 as f16 of a 256th of their value, which f16 holds exactly; e5m2 is the upper half of f16.
[[gnu::always_inline]] inline __m128i e4m3_as_f16(__m128i x) {
  const __m128i wide = _mm_cvtepu8_epi16(x), magnitude = _mm_and_si128(wide, _mm_set1_epi16(0x7f));
  const __m128i is_nan = _mm_cmpeq_epi16(magnitude, _mm_set1_epi16(0x7f));
  const __m128i h = _mm_blendv_epi8(_mm_slli_epi16(magnitude, 7), _mm_set1_epi16(0x7e00), is_nan);
  return _mm_or_si128(h, _mm_slli_epi16(_mm_and_si128(wide, _mm_set1_epi16(0x80)), 8));
}

/// 16 bytes of elements as f32.
template <Element E>
[[gnu::always_inline]] inline void widen_f32(float* to, __m128i x) {
  if constexpr (E == Element::kTf32) {
    _mm_store_ps(to, _mm_castsi128_ps(_mm_and_si128(x, _mm_set1_epi32(-0x2000))));
  } else if constexpr (E == Element::kF16) {
    _mm256_store_ps(to, _mm256_cvtph_ps(x));
  } else if constexpr (E == Element::kBf16) {
    _mm256_store_ps(to, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(x), 16)));
  } else {
    for (int half = 0; half < 2; ++half) {
      const __m128i bytes = half == 0 ? x : _mm_unpackhi_epi64(x, x);
      __m256 f;
      if constexpr (E == Element::kE4m3) f = _mm256_mul_ps(_mm256_cvtph_ps(e4m3_as_f16(bytes)), _mm256_set1_ps(256.0f));
      else f = _mm256_cvtph_ps(_mm_slli_epi16(_mm_cvtepu8_epi16(bytes), 8));
      _mm256_store_ps(to + 8 * half, f);
    }
  }
}

/// Four register words (16 bytes of consecutive k) as f64.
template <Element E>
[[gnu::always_inline]] inline void widen(double* to, const uint32_t* from) {
  constexpr int kCount = 4 * per_register(E);
  alignas(64) float f[kCount];
  widen_f32<E>(f, _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  if constexpr (kCount == 4) {
    _mm256_store_pd(to, _mm256_cvtps_pd(_mm_load_ps(f)));
  } else {
    for (int i = 0; i < kCount; i += 8) widen_8(to + i, _mm256_load_ps(f + i));
  }
}

/// 8 x 8 sixteen-bit transpose: row n of the register (lanes 4n..4n+3) becomes column n.
[[gnu::always_inline]] inline void transpose_8x8(__m128i r[8]) {
  __m128i s[8], t[8];
  for (int i = 0; i < 4; ++i) {
    s[2 * i] = _mm_unpacklo_epi16(r[i], r[i + 4]);
    s[2 * i + 1] = _mm_unpackhi_epi16(r[i], r[i + 4]);
  }
  for (int i = 0; i < 4; ++i) {
    t[2 * i] = _mm_unpacklo_epi16(s[i], s[i + 4]);
    t[2 * i + 1] = _mm_unpackhi_epi16(s[i], s[i + 4]);
  }
  for (int i = 0; i < 4; ++i) {
    r[2 * i] = _mm_unpacklo_epi16(t[i], t[i + 4]);
    r[2 * i + 1] = _mm_unpackhi_epi16(t[i], t[i + 4]);
  }
}

template <Element E, int K>
[[gnu::always_inline]] inline void unpack_a(Operands& o, const void* const* a) {
  constexpr int kBlock = 4 * per_register(E);
  for (int reg = 0; reg < 2 * K / kBlock; ++reg) {
    const uint32_t* w = words(a[reg]);
    for (int g = 0; g < 8; ++g) widen<E>(&o.a[g + 8 * (reg % 2)][(reg / 2) * kBlock], w + 4 * g);
  }
}

template <Element E, int K>
[[gnu::always_inline]] inline void unpack_b(Operands& o, const void* const* b) {
  constexpr int kBlock = 4 * per_register(E);
  for (int reg = 0; reg < K / kBlock; ++reg) {
    const uint32_t* w = words(b[reg]);
    if constexpr (kBlock == 8) {
      alignas(16) __m128i rows[8];
      for (int g = 0; g < 8; ++g) rows[g] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w + 4 * g));
      transpose_8x8(rows);
      for (int k = 0; k < 8; ++k) widen<E>(o.b[reg * 8 + k], reinterpret_cast<const uint32_t*>(&rows[k]));
    } else {
      alignas(32) double column[kBlock];
      for (int g = 0; g < 8; ++g) {
        widen<E>(column, w + 4 * g);
        for (int k = 0; k < kBlock; ++k) o.b[reg * kBlock + k][g] = column[k];
      }
    }
  }
}

[[gnu::always_inline]] inline void unpack_c_f32(double (*c)[8], const void* const* regs) {
  for (int half = 0; half < 2; ++half) {
    const float *even = static_cast<const float*>(regs[2 * half]), *odd = static_cast<const float*>(regs[2 * half + 1]);
    for (int g = 0; g < 8; ++g) {
      const __m128 e = _mm_loadu_ps(even + 4 * g), o = _mm_loadu_ps(odd + 4 * g);
      widen_8(c[g + 8 * half], _mm256_set_m128(_mm_unpackhi_ps(e, o), _mm_unpacklo_ps(e, o)));
    }
  }
}
[[gnu::always_inline]] inline void unpack_c_f16(double (*c)[8], const void* const* regs) {
  for (int half = 0; half < 2; ++half) {
    for (int g = 0; g < 8; ++g) widen<Element::kF16>(c[g + 8 * half], words(regs[half]) + 4 * g);
  }
}

[[gnu::always_inline]] inline void pack_d_f32(void* const* regs, const double (*c)[8]) {
  const __m128 nan = _mm_castsi128_ps(_mm_set1_epi32(0x7fffffff));
  for (int half = 0; half < 2; ++half) {
    float *even = static_cast<float*>(regs[2 * half]), *odd = static_cast<float*>(regs[2 * half + 1]);
    for (int g = 0; g < 8; ++g) {
      __m128 lo = _mm256_cvtpd_ps(_mm256_load_pd(&c[g + 8 * half][0]));
      __m128 hi = _mm256_cvtpd_ps(_mm256_load_pd(&c[g + 8 * half][4]));
      lo = _mm_blendv_ps(lo, nan, _mm_cmpunord_ps(lo, lo));
      hi = _mm_blendv_ps(hi, nan, _mm_cmpunord_ps(hi, hi));
      _mm_storeu_ps(even + 4 * g, _mm_shuffle_ps(lo, hi, 0x88));
      _mm_storeu_ps(odd + 4 * g, _mm_shuffle_ps(lo, hi, 0xdd));
    }
  }
}

/// f64 -> f32 with the last bit set if anything was lost, so that the rounding to f16 that follows is the only one.
[[gnu::always_inline]] inline __m128 round_to_odd(__m256d d) {
  const __m128 nearest = _mm256_cvtpd_ps(d);
  const __m256d back = _mm256_cvtps_pd(nearest), sign = _mm256_set1_pd(-0.0);
  const __m256d over = _mm256_cmp_pd(_mm256_andnot_pd(sign, back), _mm256_andnot_pd(sign, d), _CMP_GT_OQ);
  const __m256d lost = _mm256_cmp_pd(back, d, _CMP_NEQ_OQ);
  const __m256i even_words = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  const __m128i over32 = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(_mm256_castpd_si256(over), even_words));
  const __m128i lost32 = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(_mm256_castpd_si256(lost), even_words));
  const __m128i truncated = _mm_add_epi32(_mm_castps_si128(nearest), over32);
  return _mm_castsi128_ps(_mm_or_si128(truncated, _mm_and_si128(lost32, _mm_set1_epi32(1))));
}
[[gnu::always_inline]] inline void pack_d_f16(void* const* regs, const double (*c)[8]) {
  for (int half = 0; half < 2; ++half) {
    uint32_t* to = static_cast<uint32_t*>(regs[half]);
    for (int g = 0; g < 8; ++g) {
      const double* row = c[g + 8 * half];
      const __m256 f = _mm256_set_m128(round_to_odd(_mm256_load_pd(row + 4)), round_to_odd(_mm256_load_pd(row)));
      __m128i h = _mm256_cvtps_ph(f, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
      const __m128i is_nan = _mm_cmpgt_epi16(_mm_and_si128(h, _mm_set1_epi16(0x7fff)), _mm_set1_epi16(0x7c00));
      h = _mm_blendv_epi8(h, _mm_set1_epi16(0x7fff), is_nan);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 4 * g), h);
    }
  }
}

}  // namespace
}  // namespace ptxvm::PTXVM_ISA
