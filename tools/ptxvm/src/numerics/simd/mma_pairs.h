// The sums of mma.sync as hardware truncates them, in integers: where every product is exact in f32 and none is near
// the ends of its range, which is nearly always. Rows g and g + 8 lie side by side, so that one vector holds all eight
// columns of both: element 2 * column + (row >= 8).
#pragma once

#include "mma_operands.h"

namespace ptxvm::PTXVM_ISA {
namespace {

template <int K>
struct Pairs {
  alignas(64) float a[8][K][2];
  alignas(64) float b[K][16];  // each column twice
  alignas(64) float c[8][16];
};

#if defined(__AVX512F__)
constexpr int kLanes = 16;
using Floats = __m512;
using Ints = __m512i;
#define PTXVM_V(name) _mm512_##name
#define PTXVM_ALL(name, ...) _mm512_maskz_##name(0xffff, __VA_ARGS__)  // GCC 12 warns of the form without a mask
[[gnu::always_inline]] inline Ints bits_of(Floats x) { return _mm512_castps_si512(x); }
[[gnu::always_inline]] inline Floats floats_of(Ints x) { return _mm512_castsi512_ps(x); }
[[gnu::always_inline]] inline Floats both_rows(const float* pair) {
  return _mm512_castpd_ps(_mm512_set1_pd(*reinterpret_cast<const double*>(pair)));
}
[[gnu::always_inline]] inline Ints both(Ints a, Ints b) { return _mm512_and_si512(a, b); }
[[gnu::always_inline]] inline Ints either(Ints a, Ints b) { return _mm512_or_si512(a, b); }
[[gnu::always_inline]] inline Floats magnitude(Floats x) { return x; }  // larger() does it
[[gnu::always_inline]] inline Floats larger(Floats a, Floats b) {
  constexpr int kLargerMagnitude = 0b1011;
  return _mm512_maskz_range_ps(0xffff, a, b, kLargerMagnitude);
}
#else
constexpr int kLanes = 8;
using Floats = __m256;
using Ints = __m256i;
#define PTXVM_V(name) _mm256_##name
#define PTXVM_ALL(name, ...) _mm256_##name(__VA_ARGS__)
[[gnu::always_inline]] inline Ints bits_of(Floats x) { return _mm256_castps_si256(x); }
[[gnu::always_inline]] inline Floats floats_of(Ints x) { return _mm256_castsi256_ps(x); }
[[gnu::always_inline]] inline Floats both_rows(const float* pair) {
  return _mm256_castpd_ps(_mm256_broadcast_sd(reinterpret_cast<const double*>(pair)));
}
[[gnu::always_inline]] inline Ints both(Ints a, Ints b) { return _mm256_and_si256(a, b); }
[[gnu::always_inline]] inline Floats magnitude(Floats x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
[[gnu::always_inline]] inline Floats larger(Floats a, Floats b) {
  return floats_of(_mm256_max_epu32(bits_of(a), bits_of(b)));
}
[[gnu::always_inline]] inline Ints either(Ints a, Ints b) { return _mm256_or_si256(a, b); }
#endif

/// How the magnitudes were; the sums count only if they stayed in range. Infinity, NaN and overflow show in MXCSR.
struct Range {
  bool fits;    // the largest of each sum's terms was 0 or at least 2^-100
  bool zeroes;  // one of them was 0: nothing but zeros, or products that f32 cannot hold
};

/// Of G terms and a sum.
template <int G>
[[gnu::always_inline]] inline Floats largest_magnitude(const Floats (&terms)[G], Floats sum) {
  Floats m[G];
#pragma GCC unroll 16
  for (int k = 0; k < G; ++k) m[k] = magnitude(terms[k]);
#pragma GCC unroll 4
  for (int width = G / 2; width > 0; width /= 2)
#pragma GCC unroll 8
    for (int k = 0; k < width; ++k) m[k] = larger(m[k], m[k + width]);
  return larger(m[0], magnitude(sum));
}

/// Sums of groups of G products: each term is brought to the last place kept, 24 below the largest term's exponent,
/// and rounded down to an integer. Runs with MXCSR set to round down, hence noinline.
template <int K, int G>
[[gnu::noinline]] Range multiply_pairs(Pairs<K>& o) {
  const auto all = [](uint32_t x) { return PTXVM_V(set1_epi32)(int(x)); };
  constexpr int kVectors = 128 / kLanes, kAtOnce = kLanes == 16 && G < 16 ? 2 : 1;  // so many as registers hold
  Ints lowest = all(~0u), least = all(~0u);
  for (int first = 0; first < kVectors; first += kAtOnce) {
    Floats sum[kAtOnce];
    for (int i = 0; i < kAtOnce; ++i) sum[i] = PTXVM_V(load_ps)(&o.c[0][0] + (first + i) * kLanes);
    for (int base = 0; base < K; base += G) {
      Floats products[kAtOnce][G];
#pragma GCC unroll 16
      for (int k = 0; k < G; ++k)
#pragma GCC unroll 2
        for (int i = 0; i < kAtOnce; ++i) {
          const int g = (first + i) * kLanes / 16, at = (first + i) * kLanes % 16;
          products[i][k] = PTXVM_V(mul_ps)(both_rows(o.a[g][base + k]), PTXVM_V(load_ps)(&o.b[base + k][at]));
        }
#pragma GCC unroll 2
      for (int i = 0; i < kAtOnce; ++i) {
        const Ints largest = bits_of(largest_magnitude(products[i], sum[i]));
        least = PTXVM_ALL(min_epu32, least, largest);
        lowest = PTXVM_ALL(min_epu32, lowest, PTXVM_V(sub_epi32)(largest, all(1)));  // 0 becomes the largest number
        const Ints power = both(largest, all(0x7f800000));
        const Floats up = floats_of(PTXVM_V(sub_epi32)(all((127u + 24 + 127) << 23), power));
        const Floats down = floats_of(PTXVM_ALL(max_epi32, PTXVM_V(sub_epi32)(power, all(24u << 23)), all(0)));
        Ints total = PTXVM_ALL(cvtps_epi32, PTXVM_V(mul_ps)(sum[i], up));
#pragma GCC unroll 16
        for (int k = 0; k < G; ++k)
          total = PTXVM_V(add_epi32)(total, PTXVM_ALL(cvtps_epi32, PTXVM_V(mul_ps)(products[i][k], up)));
        // Rounding down a magnitude is towards zero.
        const Floats rounded = PTXVM_V(mul_ps)(PTXVM_ALL(cvtepi32_ps, PTXVM_ALL(abs_epi32, total)), down);
        sum[i] = floats_of(either(bits_of(rounded), both(total, all(0x80000000))));
      }
    }
    for (int i = 0; i < kAtOnce; ++i) PTXVM_V(store_ps)(&o.c[0][0] + (first + i) * kLanes, sum[i]);
  }
  alignas(64) uint32_t l[kLanes], z[kLanes];
  __builtin_memcpy(l, &lowest, sizeof l);
  __builtin_memcpy(z, &least, sizeof z);
  Range range{true, false};
  for (int i = 0; i < kLanes; ++i) {
    range.fits &= l[i] >= 0x0d800000 - 1;  // 2^-100
    range.zeroes |= z[i] == 0;
  }
  return range;
}
#undef PTXVM_V
#undef PTXVM_ALL

/// Products of these may be too small for f32.
template <int K>
[[gnu::noinline]] bool has_tiny(const Pairs<K>& o) {
  const auto tiny = [](const float* x) {
    bool any = false;
    for (int i = 0; i < 16 * K; ++i) {
      uint32_t bits;
      __builtin_memcpy(&bits, x + i, sizeof bits);
      any |= (bits & 0x7fffffff) - 1 < 0x26800000 - 1;  // neither 0 nor 2^-50 or more
    }
    return any;
  };
  return tiny(&o.a[0][0][0]) || tiny(&o.b[0][0]);
}

/// Rows x and y of one register's k values, interleaved.
template <Element E>
[[gnu::always_inline]] inline void interleave(float (*to)[2], const uint32_t* from_x, const uint32_t* from_y) {
  const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from_x));
  const __m128i y = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from_y));
  if constexpr (per_register(E) == 1) {
    widen_f32<E>(to[0], _mm_unpacklo_epi32(x, y));
    widen_f32<E>(to[2], _mm_unpackhi_epi32(x, y));
  } else if constexpr (per_register(E) == 2) {
    widen_f32<E>(to[0], _mm_unpacklo_epi16(x, y));
    widen_f32<E>(to[4], _mm_unpackhi_epi16(x, y));
  } else {
    widen_f32<E>(to[0], _mm_unpacklo_epi8(x, y));
    widen_f32<E>(to[8], _mm_unpackhi_epi8(x, y));
  }
}

template <Element A, Element B, int K, bool Half>
[[gnu::always_inline]] inline void unpack_pairs(Pairs<K>& o, const void* const* a, const void* const* b,
                                                const void* const* c) {
  constexpr int kBlock = 4 * per_register(A);
  for (int block = 0; block < K / kBlock; ++block) {
    for (int g = 0; g < 8; ++g)
      interleave<A>(&o.a[g][block * kBlock], words(a[2 * block]) + 4 * g, words(a[2 * block + 1]) + 4 * g);
    if constexpr (kBlock == 8) {
      alignas(16) __m128i rows[8];
      for (int g = 0; g < 8; ++g) rows[g] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(words(b[block]) + 4 * g));
      transpose_8x8(rows);
      for (int k = 0; k < 8; ++k) {
        widen_f32<B>(&o.b[block * 8 + k][0], _mm_unpacklo_epi16(rows[k], rows[k]));
        widen_f32<B>(&o.b[block * 8 + k][8], _mm_unpackhi_epi16(rows[k], rows[k]));
      }
    } else {
      for (int g = 0; g < 8; ++g) {
        alignas(64) float column[kBlock];
        widen_f32<B>(column, _mm_loadu_si128(reinterpret_cast<const __m128i*>(words(b[block]) + 4 * g)));
        for (int k = 0; k < kBlock; ++k)
          o.b[block * kBlock + k][2 * g] = o.b[block * kBlock + k][2 * g + 1] = column[k];
      }
    }
  }
  for (int g = 0; g < 8; ++g) {
    if constexpr (Half) {
      interleave<Element::kF16>(reinterpret_cast<float(*)[2]>(o.c[g]), words(c[0]) + 4 * g, words(c[1]) + 4 * g);
    } else {
      const auto lanes = [&](int reg) { return _mm_loadu_ps(static_cast<const float*>(c[reg]) + 4 * g); };
      __m128 r0 = lanes(0), r1 = lanes(2), r2 = lanes(1), r3 = lanes(3);
      _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
      _mm_store_ps(&o.c[g][0], r0);
      _mm_store_ps(&o.c[g][4], r1);
      _mm_store_ps(&o.c[g][8], r2);
      _mm_store_ps(&o.c[g][12], r3);
    }
  }
}

template <int K, bool Half>
[[gnu::always_inline]] inline void pack_pairs(void* const* d, const Pairs<K>& o) {
  for (int g = 0; g < 8; ++g) {
    if constexpr (Half) {
      const __m128i even_first = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
      const auto halves = [&](int at) {
        const __m128i h = _mm256_cvtps_ph(_mm256_load_ps(&o.c[g][at]), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        return _mm_shuffle_epi8(h, even_first);
      };
      const __m128i low = halves(0), high = halves(8);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(static_cast<uint32_t*>(d[0]) + 4 * g), _mm_unpacklo_epi64(low, high));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(static_cast<uint32_t*>(d[1]) + 4 * g), _mm_unpackhi_epi64(low, high));
    } else {
      __m128 r0 = _mm_load_ps(&o.c[g][0]), r1 = _mm_load_ps(&o.c[g][4]);
      __m128 r2 = _mm_load_ps(&o.c[g][8]), r3 = _mm_load_ps(&o.c[g][12]);
      _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
      const auto store_lanes = [&](int reg, __m128 x) { _mm_storeu_ps(static_cast<float*>(d[reg]) + 4 * g, x); };
      store_lanes(0, r0);
      store_lanes(2, r1);
      store_lanes(1, r2);
      store_lanes(3, r3);
    }
  }
}

}  // namespace
}  // namespace ptxvm::PTXVM_ISA
