// mma.sync of s8, u8, s4, u4 and b1. Factors become 16-bit matrices; pmaddwd multiplies two k's at a time exactly.
#include <immintrin.h>

#include "../fragment.h"
#include "simd.h"

namespace ptxvm::PTXVM_ISA {
namespace {

[[gnu::always_inline]] inline uint32_t word(const void* reg, int lane) {
  return static_cast<const uint32_t*>(reg)[lane];
}
constexpr bool is_signed(Element e) { return e == Element::kS8 || e == Element::kS4; }
constexpr int bits_per_element(Element e) {
  return e == Element::kB1 ? 1 : e == Element::kS4 || e == Element::kU4 ? 4 : 8;
}

/// Element i of a register word, extended to 16 bits.
[[gnu::always_inline]] inline int16_t extend(uint32_t w, int i, int bits, bool sign) {
  const uint32_t top = w << (32 - bits * (i + 1));
  return sign ? int16_t(int32_t(top) >> (32 - bits)) : int16_t(top >> (32 - bits));
}

/// d = sum + c. All of c is read before d is written: they may share registers in any order.
void add_accumulator(int32_t (*sum)[8], const MmaShape& s, void* const* d, const void* const* c) {
  uint32_t result[4][32];
  for (int r = 0; r < s.m / 4; ++r) {
    for (int lane = 0; lane < 32; ++lane) {
      const Place p = mma_c(lane, r);
      int64_t total = int64_t{sum[p.row][p.col]} + int32_t(word(c[r], lane));
      if (s.satfinite) {
        total = total > 0x7fffffff ? 0x7fffffff : total < -0x80000000ll ? -0x80000000ll : total;
      }
      result[r][lane] = uint32_t(total);
    }
  }
  for (int r = 0; r < s.m / 4; ++r) __builtin_memcpy(d[r], result[r], sizeof result[r]);
}

template <int Bits>
void mma_dot(const MmaShape& s, void* const* d, const void* const* a, const void* const* b, const void* const* c) {
  constexpr int kPer = 32 / Bits;
  alignas(32) int16_t am[16][64], bm[32][8][2];  // bm: pairs of k, column by column
  const int rows = s.m / 8, blocks = s.k / (4 * kPer);
  for (int reg = 0; reg < rows * blocks; ++reg) {
    for (int lane = 0; lane < 32; ++lane) {
      const Place p = mma_a(s.m, kPer, lane, reg, 0);
      const uint32_t w = word(a[reg], lane);
      for (int i = 0; i < kPer; ++i) am[p.row][p.col + i] = extend(w, i, Bits, is_signed(s.a));
    }
  }
  for (int reg = 0; reg < blocks; ++reg) {
    for (int lane = 0; lane < 32; ++lane) {
      const Place p = mma_b(kPer, lane, reg, 0);
      const uint32_t w = word(b[reg], lane);
      for (int i = 0; i < kPer; ++i) bm[(p.row + i) / 2][p.col][i % 2] = extend(w, i, Bits, is_signed(s.b));
    }
  }
  alignas(32) int32_t sum[16][8];
  for (int m = 0; m < s.m; ++m) {
    __m256i total = _mm256_setzero_si256();
    for (int k = 0; k < s.k; k += 2) {
      int32_t pair;
      __builtin_memcpy(&pair, &am[m][k], 4);
      const __m256i columns = _mm256_load_si256(reinterpret_cast<const __m256i*>(bm[k / 2]));
      total = _mm256_add_epi32(total, _mm256_madd_epi16(_mm256_set1_epi32(pair), columns));
    }
    _mm256_store_si256(reinterpret_cast<__m256i*>(sum[m]), total);
  }
  add_accumulator(sum, s, d, c);
}

void mma_bits(const MmaShape& s, void* const* d, const void* const* a, const void* const* b, const void* const* c) {
  int32_t sum[16][8] = {};
  const int rows = s.m / 8, blocks = s.k / 128;
  for (int m = 0; m < s.m; ++m) {
    for (int n = 0; n < 8; ++n) {
      for (int i = 0; i < 4 * blocks; ++i) {
        const uint32_t x = word(a[m / 8 + rows * (i / 4)], (m % 8) * 4 + i % 4);
        const uint32_t y = word(b[i / 4], n * 4 + i % 4);
        sum[m][n] += __builtin_popcount(s.bit_op == BitOp::kXor ? x ^ y : x & y);
      }
    }
  }
  add_accumulator(sum, s, d, c);
}

}  // namespace

MmaFn integer_mma(const MmaShape& s) {
  using enum Element;
  if (s.c != kS32 || s.d != kS32 || !s.a_row || s.b_row || s.n != 8 || (s.m != 8 && s.m != 16)) return nullptr;
  const int bits = bits_per_element(s.a);
  const bool same_width = s.a == kB1 ? s.b == kB1 : s.b >= kS8 && s.b <= kU4 && bits == bits_per_element(s.b);
  if (s.a < kS8 || s.a > kB1 || !same_width) return nullptr;
  const int k16 = s.k * bits / 128;  // the depth in blocks of 128 bits
  if (s.k * bits % 128 != 0 || k16 < 1 || k16 > (s.m == 16 ? 2 : 1)) return nullptr;
  return s.a == kB1 ? mma_bits : bits == 4 ? mma_dot<4> : mma_dot<8>;
}

}  // namespace ptxvm::PTXVM_ISA
