// mma.sync of f16, bf16, tf32, e4m3, e5m2 and f64. The fragments become small matrices of f64 in memory (row-major A
// and C, B as K x 8), which is exact for all of them; then one FMA per product, eight columns at a time.
#include "mma_operands.h"

namespace ptxvm::PTXVM_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int kRowsAtOnce = 16;  // of 32 registers
#else
constexpr int kRowsAtOnce = 4;  // eight of 16 registers
#endif

/// kNearest: one FMA in f64 for each product, lowest k first.
template <int K>
[[gnu::always_inline]] inline void multiply_wide(Operands& o) {
  for (int m = 0; m < 16; m += kRowsAtOnce) {
    Row rows[kRowsAtOnce];
#pragma GCC unroll 16
    for (int i = 0; i < kRowsAtOnce; ++i) rows[i] = load(o.c[m + i]);
#pragma GCC unroll 2
    for (int k = 0; k < K; ++k) {
      const Row b = load(o.b[k]);
#pragma GCC unroll 16
      for (int i = 0; i < kRowsAtOnce; ++i) rows[i] = fma(splat(o.a[m + i][k]), b, rows[i]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kRowsAtOnce; ++i) store(o.c[m + i], rows[i]);
  }
}

[[gnu::always_inline]] inline void set_rounding(uint32_t mxcsr) {
  asm volatile("vldmxcsr %0" : : "m"(mxcsr) : "memory");
}

/// Aligned, truncated sums of groups of G products: a bias of 1.5 * 2^28 times the largest power of two makes the last
/// place of an f64 the place to truncate at. Runs with MXCSR set to round towards zero, hence noinline and no f64
/// value across the call. The running sum is an f32 value after each group.
template <int K, int G>
[[gnu::noinline]] void multiply_aligned(Operands& o) {
  for (int m = 0; m < 16; ++m) {
    Row sum = load(o.c[m]);
    for (int base = 0; base < K; base += G) {
      Row largest = max_magnitude(splat(0.0), sum);
      for (int k = base; k < base + G; ++k) largest = max_magnitude(largest, mul(splat(o.a[m][k]), load(o.b[k])));
      const Row bias = mul(power_of_two(largest), splat(0x1.8p28));
      Row shifted = add(bias, sum);
      for (int k = base; k < base + G; ++k) shifted = fma(splat(o.a[m][k]), load(o.b[k]), shifted);
      sum = sub(shifted, bias);
      alignas(64) double exact[8];
      store(exact, sum);
      for (int n = 0; n < 8; n += 4) {
        const __m128 f = _mm256_cvtpd_ps(_mm256_load_pd(exact + n));
        _mm256_store_pd(exact + n, _mm256_cvtps_pd(f));
      }
      sum = load(exact);
    }
    store(o.c[m], sum);
  }
}

/// What the products and sums of multiply_in_range were like; it counts only if they stayed in range.
struct Range {
  bool fits;    // largest magnitudes are 0 or in [2^-100, largest f32)
  bool zeroes;  // somewhere the largest was 0: nothing but zeros, or products that f32 cannot hold
};

/// The same as multiply_aligned where f32 holds every product exactly: the largest magnitudes are found there, at half
/// the width, for several rows at once.
template <int K, int G>
[[gnu::noinline]] Range multiply_in_range(Operands& o) {
  constexpr int kRows = kRowsAtOnce < 8 ? kRowsAtOnce : 8;
  alignas(32) float a[16][K], b[K][8];
  const __m128 sign = _mm_set1_ps(-0.0f);
  for (int m = 0; m < 16; ++m)
    for (int k = 0; k < K; k += 4)
      _mm_store_ps(&a[m][k], _mm_andnot_ps(sign, _mm256_cvtpd_ps(_mm256_load_pd(&o.a[m][k]))));
  for (int k = 0; k < K; ++k) _mm256_store_ps(b[k], _mm256_andnot_ps(_mm256_set1_ps(-0.0f), narrow(load(o.b[k]))));
  const __m256i one = _mm256_set1_epi32(1);
  __m256i highest = _mm256_setzero_si256(), lowest = _mm256_set1_epi32(-1), least = lowest;
  for (int m = 0; m < 16; m += kRows) {
    __m256 sum[kRows];
    for (int i = 0; i < kRows; ++i) sum[i] = narrow(load(o.c[m + i]));
    for (int base = 0; base < K; base += G) {
      __m256i largest[kRows];
#pragma GCC unroll 8
      for (int i = 0; i < kRows; ++i) largest[i] = _mm256_castps_si256(_mm256_andnot_ps(_mm256_set1_ps(-0.0f), sum[i]));
#pragma GCC unroll 2
      for (int k = base; k < base + G; ++k) {
        const __m256 row = _mm256_load_ps(b[k]);
#pragma GCC unroll 8
        for (int i = 0; i < kRows; ++i) {
          const __m256 product = _mm256_mul_ps(_mm256_set1_ps(a[m + i][k]), row);
          largest[i] = _mm256_max_epu32(largest[i], _mm256_castps_si256(product));
        }
      }
      Row bias[kRows], shifted[kRows];
#pragma GCC unroll 8
      for (int i = 0; i < kRows; ++i) {
        highest = _mm256_max_epu32(highest, largest[i]);
        least = _mm256_min_epu32(least, largest[i]);
        lowest = _mm256_min_epu32(lowest, _mm256_sub_epi32(largest[i], one));  // 0 becomes the largest number
        const __m256i power = _mm256_and_si256(largest[i], _mm256_set1_epi32(0x7f800000));
        bias[i] = mul(widen(_mm256_castsi256_ps(power)), splat(0x1.8p28));
        shifted[i] = add(bias[i], widen(sum[i]));
      }
#pragma GCC unroll 2
      for (int k = base; k < base + G; ++k) {
        const Row row = load(o.b[k]);
#pragma GCC unroll 8
        for (int i = 0; i < kRows; ++i) shifted[i] = fma(splat(o.a[m + i][k]), row, shifted[i]);
      }
#pragma GCC unroll 8
      for (int i = 0; i < kRows; ++i) sum[i] = narrow(sub(shifted[i], bias[i]));
    }
    for (int i = 0; i < kRows; ++i) {
      store(o.c[m + i], widen(sum[i]));
      highest = _mm256_max_epu32(highest, _mm256_castps_si256(_mm256_andnot_ps(_mm256_set1_ps(-0.0f), sum[i])));
    }
  }
  alignas(32) uint32_t h[8], l[8], z[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(h), highest);
  _mm256_store_si256(reinterpret_cast<__m256i*>(l), lowest);
  _mm256_store_si256(reinterpret_cast<__m256i*>(z), least);
  Range range{true, false};
  for (int i = 0; i < 8; ++i) {
    range.fits &= h[i] < 0x7f7fffff && l[i] >= 0x0d800000 - 1;  // the largest f32, 2^-100
    range.zeroes |= z[i] == 0;
  }
  return range;
}

/// Products of these may be too small for f32.
[[gnu::noinline]] bool has_tiny(const Operands& o, int k_size) {
  bool tiny = false;
  for (int k = 0; k < k_size; ++k) {
    for (int m = 0; m < 16; ++m) tiny |= o.a[m][k] != 0 && __builtin_fabs(o.a[m][k]) < 0x1p-50;
    for (int n = 0; n < 8; ++n) tiny |= o.b[k][n] != 0 && __builtin_fabs(o.b[k][n]) < 0x1p-50;
  }
  return tiny;
}

constexpr double kLargestF32 = 0x1.fffffep127;

template <int Rows, int Columns>
[[gnu::always_inline]] inline bool below(double limit, const double (*x)[Columns], int columns) {
  bool all = true;
  for (int r = 0; r < Rows; ++r) {
    for (int c = 0; c < columns; ++c) all &= __builtin_fabs(x[r][c]) < limit;
  }
  return all;
}

template <Element E, int K, Model M>
[[gnu::always_inline]] inline void multiply(Operands& o) {
  if (M == Model::kNearest) return multiply_wide<K>(o);
  constexpr int kGroup = E == Element::kTf32 ? 4 : E == Element::kF16 || E == Element::kBf16 ? 8 : 16;
  constexpr double kInfinity = __builtin_inf();
  alignas(64) double c[16][8];
  __builtin_memcpy(c, o.c, sizeof c);
  set_rounding(0x7f80);
  const Range range = multiply_in_range<K, kGroup>(o);
  set_rounding(0x1f80);
  if (range.fits && !(range.zeroes && has_tiny(o, K))) return;
  __builtin_memcpy(o.c, c, sizeof c);
  if (below<16>(kInfinity, o.a, K) && below<K>(kInfinity, o.b, 8) && below<16>(kInfinity, c, 8)) {
    set_rounding(0x7f80);
    multiply_aligned<K, kGroup>(o);
    set_rounding(0x1f80);
    if (below<16>(kLargestF32, o.c, 8)) return;
  }
  // Infinity and NaN do not align, and truncation never overflows: the wide sum does as IEEE 754 says.
  __builtin_memcpy(o.c, c, sizeof c);
  multiply_wide<K>(o);
}

template <Element A, Element B, int K, bool Half, Model M>
void mma(const MmaShape&, void* const* d, const void* const* a, const void* const* b, const void* const* c) {
  Operands o;
  unpack_a<A, K>(o, a);
  unpack_b<B, K>(o, b);
  if constexpr (Half) unpack_c_f16(o.c, c);
  else unpack_c_f32(o.c, c);
  multiply<A, K, M>(o);
  if constexpr (Half) pack_d_f16(d, o.c);
  else pack_d_f32(d, o.c);
}

/// m8n8k4 of f16: the four matrices, two at a time, as the upper and lower half of a 16-row problem would need equal
/// B; so one by one, in the same arithmetic.
template <Model M>
void mma_volta(const MmaShape& s, void* const* d, const void* const* a, const void* const* b, const void* const* c) {
  const auto half = [](const void* const* regs, int lane, int element) {
    return double(f16_to_f32(uint16_t(words(regs[element / 2])[lane] >> (16 * (element % 2)))));
  };
  double results[4][8][8];
  for (int p = 0; p < 4; ++p) {
    Operands o{};
    for (int lane = 0; lane < 32; ++lane) {
      if (volta_matrix(lane) != p) continue;
      for (int i = 0; i < 4; ++i) {
        const Place at = volta_a(s.a_row, lane, i), bt = volta_b(s.b_row, lane, i);
        o.a[at.row][at.col] = half(a, lane, i);
        o.b[bt.row][bt.col] = half(b, lane, i);
      }
      for (int i = 0; i < 8; ++i) {
        const bool wide = s.c == Element::kF32;
        const Place ct = wide ? volta_c_f32(lane, i) : volta_c_f16(lane, i);
        o.c[ct.row][ct.col] = wide ? double(float_of(words(c[i])[lane])) : half(c, lane, i);
      }
    }
    multiply<Element::kTf32, 4, M>(o);
    for (int m = 0; m < 8; ++m) {
      for (int n = 0; n < 8; ++n) results[p][m][n] = o.c[m][n];
    }
  }
  for (int lane = 0; lane < 32; ++lane) {
    const auto& r = results[volta_matrix(lane)];
    for (int i = 0; i < 8; ++i) {
      if (s.d == Element::kF32) {
        const Place p = volta_c_f32(lane, i);
        static_cast<float*>(d[i])[lane] = canonical(float(r[p.row][p.col]));
      } else {
        const Place p = volta_c_f16(lane, i);
        static_cast<uint16_t*>(d[i / 2])[2 * lane + i % 2] = f64_to_f16(r[p.row][p.col]);
      }
    }
  }
}

/// f64 m8n8k4 and m16n8k4/8/16: a chain of FMAs in the instruction's rounding.
[[gnu::noinline]] void multiply_f64(double (*c)[8], const double (*a)[16], const double (*b)[8], int m_size,
                                    int k_size) {
  for (int m = 0; m < m_size; ++m) {
    Row r = load(c[m]);
    for (int k = 0; k < k_size; ++k) r = fma(splat(a[m][k]), load(b[k]), r);
    store(c[m], r);
  }
}
void mma_f64(const MmaShape& s, void* const* d, const void* const* a, const void* const* b, const void* const* c) {
  alignas(64) double am[16][16], bm[16][8], cm[16][8];
  const auto value = [](const void* reg, int lane) { return static_cast<const double*>(reg)[lane]; };
  const int rows = s.m / 8;
  for (int lane = 0; lane < 32; ++lane) {
    for (int r = 0; r < rows * s.k / 4; ++r) {
      const Place p = mma_a(s.m, 1, lane, r, 0);
      am[p.row][p.col] = value(a[r], lane);
    }
    for (int r = 0; r < s.k / 4; ++r) {
      const Place p = mma_b(1, lane, r, 0);
      bm[p.row][p.col] = value(b[r], lane);
    }
    for (int r = 0; r < 2 * rows; ++r) {
      const Place p = mma_c(lane, r);
      cm[p.row][p.col] = value(c[r], lane);
    }
  }
  constexpr uint32_t kMxcsr[] = {0x1f80, 0x7f80, 0x3f80, 0x5f80};
  set_rounding(kMxcsr[int(s.round) & 3]);
  multiply_f64(cm, am, bm, s.m, s.k);
  set_rounding(0x1f80);
  for (int lane = 0; lane < 32; ++lane) {
    for (int r = 0; r < 2 * rows; ++r) {
      const Place p = mma_c(lane, r);
      static_cast<double*>(d[r])[lane] = cm[p.row][p.col];
    }
  }
}

template <Element A, Element B, int K, bool Half>
MmaFn pick(Model model) {
  return model == Model::kNearest ? mma<A, B, K, Half, Model::kNearest> : mma<A, B, K, Half, Model::kOther>;
}
template <Element A, Element B>
MmaFn pick_fp8(int k, bool half, Model model) {
  if (k == 16) return half ? pick<A, B, 16, true>(model) : pick<A, B, 16, false>(model);
  if (k == 32) return half ? pick<A, B, 32, true>(model) : pick<A, B, 32, false>(model);
  return nullptr;
}

}  // namespace

MmaFn float_mma(const MmaShape& s, Model model) {
  using enum Element;
  if (s.a == kF64) {
    const bool legal = (s.m == 8 && s.k == 4) || (s.m == 16 && (s.k == 4 || s.k == 8 || s.k == 16));
    return legal && s.n == 8 && s.b == kF64 && s.c == kF64 && s.d == kF64 ? mma_f64 : nullptr;
  }
  if (s.a == kF16 && s.b == kF16 && s.m == 8 && s.n == 8 && s.k == 4) {
    const bool legal = s.d == kF32 ? s.c == kF16 || s.c == kF32 : s.d == kF16 && s.c == kF16;
    return !legal ? nullptr : model == Model::kNearest ? mma_volta<Model::kNearest> : mma_volta<Model::kOther>;
  }
  if (s.m != 16 || s.n != 8 || s.c != s.d || !s.a_row || s.b_row) return nullptr;
  if (s.c != kF32 && s.c != kF16) return nullptr;
  const bool half = s.c == kF16;
  if (s.a == kF16 && s.b == kF16) {
    if (s.k == 8) return half ? pick<kF16, kF16, 8, true>(model) : pick<kF16, kF16, 8, false>(model);
    if (s.k == 16) return half ? pick<kF16, kF16, 16, true>(model) : pick<kF16, kF16, 16, false>(model);
  }
  if (s.a == kBf16 && s.b == kBf16 && !half) {
    if (s.k == 8) return pick<kBf16, kBf16, 8, false>(model);
    if (s.k == 16) return pick<kBf16, kBf16, 16, false>(model);
  }
  if (s.a == kTf32 && s.b == kTf32 && !half) {
    if (s.k == 4) return pick<kTf32, kTf32, 4, false>(model);
    if (s.k == 8) return pick<kTf32, kTf32, 8, false>(model);
  }
  if (s.a == kE4m3 && s.b == kE4m3) return pick_fp8<kE4m3, kE4m3>(s.k, half, model);
  if (s.a == kE4m3 && s.b == kE5m2) return pick_fp8<kE4m3, kE5m2>(s.k, half, model);
  if (s.a == kE5m2 && s.b == kE4m3) return pick_fp8<kE5m2, kE4m3>(s.k, half, model);
  if (s.a == kE5m2 && s.b == kE5m2) return pick_fp8<kE5m2, kE5m2>(s.k, half, model);
  return nullptr;
}

}  // namespace ptxvm::PTXVM_ISA
