// mma.sync of f16, bf16, tf32, e4m3, e5m2 and f64. The fragments become small matrices of f64 in memory (row-major A
// and C, B as K x 8), which is exact for all of them; then one FMA per product, eight columns at a time.
#include "mma_pairs.h"

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

constexpr double kLargestF32 = 0x1.fffffep127;

template <int Rows, int Columns>
[[gnu::always_inline]] inline bool below(double limit, const double (*x)[Columns], int columns) {
  bool all = true;
  for (int r = 0; r < Rows; ++r) {
    for (int c = 0; c < columns; ++c) all &= __builtin_fabs(x[r][c]) < limit;
  }
  return all;
}

/// Products in one alignment: 4 for tf32 (and m8n8k4), 8 for f16 and bf16, 16 for 8 bits.
constexpr int group_of(Element e) {
  return e == Element::kTf32 ? 4 : e == Element::kF16 || e == Element::kBf16 ? 8 : 16;
}

template <int K, int G, Model M>
[[gnu::always_inline]] inline void multiply(Operands& o) {
  if (M == Model::kNearest) return multiply_wide<K>(o);
  constexpr double kInfinity = __builtin_inf();
  alignas(64) double c[16][8];
  __builtin_memcpy(c, o.c, sizeof c);
  if (below<16>(kInfinity, o.a, K) && below<K>(kInfinity, o.b, 8) && below<16>(kInfinity, c, 8)) {
    set_rounding(0x7f80);
    multiply_aligned<K, G>(o);
    set_rounding(0x1f80);
    if (below<16>(kLargestF32, o.c, 8)) return;
  }
  // Infinity and NaN do not align, and truncation never overflows: the wide sum does as IEEE 754 says.
  __builtin_memcpy(o.c, c, sizeof c);
  multiply_wide<K>(o);
}

/// False if the operands are out of the range that this way is good for.
template <Element A, Element B, int K, bool Half>
[[gnu::always_inline]] inline bool in_range_mma(void* const* d, const void* const* a, const void* const* b,
                                                const void* const* c) {
  Pairs<K> o;
  unpack_pairs<A, B, K, Half>(o, a, b, c);
  set_rounding(0x3f80);
  const Range range = multiply_pairs<K, group_of(A)>(o);
  uint32_t mxcsr;
  asm volatile("vstmxcsr %0" : "=m"(mxcsr) : : "memory");
  set_rounding(0x1f80);
  constexpr uint32_t kInvalid = 1, kOverflow = 8;
  constexpr bool kWide = A == Element::kBf16 || A == Element::kTf32;  // may have products that f32 cannot hold
  if ((mxcsr & (kInvalid | kOverflow)) != 0 || !range.fits || (kWide && range.zeroes && has_tiny(o))) return false;
  pack_pairs<K, Half>(d, o);
  return true;
}

template <Element A, Element B, int K, bool Half, Model M>
void mma(const MmaShape&, void* const* d, const void* const* a, const void* const* b, const void* const* c) {
  if (M == Model::kOther && in_range_mma<A, B, K, Half>(d, a, b, c)) return;
  Operands o;
  unpack_a<A, K>(o, a);
  unpack_b<B, K>(o, b);
  if constexpr (Half) unpack_c_f16(o.c, c);
  else unpack_c_f32(o.c, c);
  multiply<K, group_of(A), M>(o);
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
    multiply<4, 4, M>(o);
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
