// Integer and video instructions against the ISA's pseudo-code, bit by bit.
#include <gtest/gtest.h>

#include "numerics/integer.h"
#include "numerics/video.h"
#include "numerics_oracle.h"

namespace ptxvm {
namespace {

template <class T>
T bfe_by_bit(T a, uint32_t b, uint32_t c) {
  const int msb = sizeof(T) * 8 - 1, pos = b & 0xff, len = c & 0xff;
  const uint64_t u = uint64_t(a);
  const bool sign = std::is_signed_v<T> && len != 0 && (u >> std::min(pos + len - 1, msb) & 1) != 0;
  uint64_t d = 0;
  for (int i = 0; i <= msb; ++i) d |= uint64_t(i < len && pos + i <= msb ? u >> (pos + i) & 1 : sign) << i;
  return T(d);
}
template <class T>
T bfi_by_bit(T a, T b, uint32_t c, uint32_t d) {
  const int msb = sizeof(T) * 8 - 1, pos = c & 0xff, len = d & 0xff;
  T f = b;
  for (int i = 0; i < len && pos + i <= msb; ++i) f = T((f & ~(T(1) << (pos + i))) | ((a >> i & 1) << (pos + i)));
  return f;
}
template <class T>
uint32_t bfind_by_bit(T a) {
  if (std::is_signed_v<T> && a < 0) a = T(~a);
  for (int i = sizeof(T) * 8 - 1; i >= 0; --i) {
    if ((uint64_t(a) >> i & 1) != 0) return uint32_t(i);
  }
  return 0xffffffffu;
}

TEST(NumericsInteger, BitFields) {
  oracle::Patterns p(31);
  for (int i = 0; i < 300000; ++i) {
    const uint64_t a = p.bits() >> (i % 64), b = p.bits();
    const uint32_t pos = uint32_t(p.bits()) % 80, len = uint32_t(p.bits()) % 80 + (i % 16 == 0 ? 256 : 0);
    ASSERT_EQ(bfe(uint32_t(a), pos, len), bfe_by_bit(uint32_t(a), pos, len));
    ASSERT_EQ(bfe(int32_t(a), pos, len), bfe_by_bit(int32_t(a), pos, len)) << a << ' ' << pos << ' ' << len;
    ASSERT_EQ(bfe(a, pos, len), bfe_by_bit(a, pos, len));
    ASSERT_EQ(bfe(int64_t(a), pos, len), bfe_by_bit(int64_t(a), pos, len));
    ASSERT_EQ(bfi(uint32_t(a), uint32_t(b), pos, len), bfi_by_bit(uint32_t(a), uint32_t(b), pos, len));
    ASSERT_EQ(bfi(a, b, pos, len), bfi_by_bit(a, b, pos, len));
    ASSERT_EQ(bfind<false>(int32_t(a)), bfind_by_bit(int32_t(a)));
    ASSERT_EQ(bfind<false>(~a), bfind_by_bit(~a));
    ASSERT_EQ(bfind<false>(int64_t(~a)), bfind_by_bit(int64_t(~a)));
    if (uint32_t(a) != 0) {
      ASSERT_EQ(bfind<true>(uint32_t(a)), 31 - bfind_by_bit(uint32_t(a)));
    }
  }
}

TEST(NumericsInteger, Shifts) {
  oracle::Patterns p(32);
  for (int i = 0; i < 200000; ++i) {
    const uint32_t a = uint32_t(p.bits()), b = uint32_t(p.bits()), c = uint32_t(p.bits()) % 70;
    const uint64_t both = uint64_t{b} << 32 | a;
    const uint32_t n = std::min(c, 32u), w = c & 31;
    ASSERT_EQ(shf_l<true>(a, b, c), n == 32 ? a : uint32_t(both << n >> 32));
    ASSERT_EQ(shf_r<true>(a, b, c), uint32_t(n == 32 ? b : both >> n));
    ASSERT_EQ(shf_l<false>(a, b, c), uint32_t(both << w >> 32));
    ASSERT_EQ(shf_r<false>(a, b, c), uint32_t(both >> w));
    ASSERT_EQ(shift_right(int32_t(a), c), int32_t(a) >> std::min(c, 31u));
    ASSERT_EQ(shift_left(a, c), c > 31 ? 0u : a << c);
    const uint32_t width = b % 40, from = a % 40;
    uint32_t mask = 0;
    for (uint32_t k = 0; k < 32; ++k) mask |= uint32_t(k >= from && k < from + width) << k;
    ASSERT_EQ(bmsk<true>(from, width), mask) << from << ' ' << width;
  }
}

TEST(NumericsInteger, BytesAndDots) {
  oracle::Patterns p(33);
  for (int i = 0; i < 200000; ++i) {
    const uint32_t a = uint32_t(p.bits()), b = uint32_t(p.bits()), c = uint32_t(p.bits());
    int64_t dot = int32_t(c), halves = int32_t(c);
    for (int k = 0; k < 4; ++k) dot += int8_t(a >> 8 * k) * int64_t((b >> 8 * k) & 255);
    for (int k = 0; k < 2; ++k) halves += int16_t(a >> 16 * k) * int64_t(int8_t(b >> (16 + 8 * k)));
    ASSERT_EQ((dp4a<true, false>(a, b, c)), uint32_t(dot));
    ASSERT_EQ((dp2a<true, true, true>(a, b, c)), uint32_t(halves));
    uint32_t bytes[8], permuted = 0;
    for (int k = 0; k < 4; ++k) bytes[k] = a >> 8 * k & 255, bytes[k + 4] = b >> 8 * k & 255;
    for (int k = 0; k < 4; ++k) {
      const uint32_t s = c >> 4 * k & 15;
      permuted |= ((s & 8) ? (bytes[s & 7] >> 7 ? 255u : 0u) : bytes[s & 7]) << 8 * k;
    }
    ASSERT_EQ(prmt(a, b, c), permuted);
    uint32_t logic = 0;
    const uint8_t table = uint8_t(p.bits());
    for (int k = 0; k < 32; ++k) {
      const int index = int((a >> k & 1) << 2 | (b >> k & 1) << 1 | (c >> k & 1));
      logic |= uint32_t(table >> index & 1) << k;
    }
    ASSERT_EQ(lop3(a, b, c, table), logic);
    uint32_t reversed = 0;
    for (int k = 0; k < 32; ++k) reversed |= (a >> k & 1) << (31 - k);
    ASSERT_EQ(brev(a), reversed);
  }
  const uint32_t a = 0x03020100, b = 0x07060504;  // byte i has the value i: the ISA's table of modes, c = 1
  EXPECT_EQ(prmt(PermuteMode::kF4e, a, b, 1), 0x04030201u);
  EXPECT_EQ(prmt(PermuteMode::kB4e, a, b, 1), 0x06070001u);
  EXPECT_EQ(prmt(PermuteMode::kRc8, a, b, 1), 0x01010101u);
  EXPECT_EQ(prmt(PermuteMode::kEcl, a, b, 1), 0x03020101u);
  EXPECT_EQ(prmt(PermuteMode::kEcr, a, b, 1), 0x01010100u);
  EXPECT_EQ(prmt(PermuteMode::kRc16, a, b, 1), 0x03020302u);
}

TEST(NumericsInteger, FindNthSetAndExtend) {
  EXPECT_EQ(fns(0b10110, 1, 1), 1u);
  EXPECT_EQ(fns(0b10110, 1, 2), 2u);
  EXPECT_EQ(fns(0b10110, 1, 3), 4u);
  EXPECT_EQ(fns(0b10110, 1, 4), 0xffffffffu);
  EXPECT_EQ(fns(0b10110, 4, -2), 2u);
  EXPECT_EQ(fns(0b10110, 3, 0), 0xffffffffu);
  EXPECT_EQ((szext<true, true>(0x80, 8)), 0xffffff80u);
  EXPECT_EQ((szext<true, false>(0x1ff, 8)), 0xffu);
  EXPECT_EQ((szext<true, true>(0x1ff, 0)), 0u);
  EXPECT_EQ((szext<false, true>(0x1ff, 32)), 0u);
  EXPECT_EQ((szext<true, true>(0x1ff, 32)), 0x1ffu);
}

TEST(NumericsInteger, CarriesAndProducts) {
  oracle::Patterns p(34);
  for (int i = 0; i < 200000; ++i) {
    const uint64_t a = p.bits(), b = i % 3 ? p.bits() : ~a;
    const bool in = i & 1;
    bool carry = false, borrow = false;
    const unsigned __int128 sum = (unsigned __int128)a + b + in;
    ASSERT_EQ(add_carry(a, b, in, carry), uint64_t(sum));
    ASSERT_EQ(carry, (sum >> 64) != 0);
    const unsigned __int128 difference = (unsigned __int128)a - b - in;
    ASSERT_EQ(sub_borrow(a, b, in, borrow), uint64_t(difference));
    ASSERT_EQ(borrow, (difference >> 64) != 0);
    ASSERT_EQ(mul_hi(int64_t(a), int64_t(b)), int64_t((__int128(int64_t(a)) * int64_t(b)) >> 64));
    const int64_t x = int64_t(a << 40) >> 40, y = int64_t(b << 40) >> 40;
    ASSERT_EQ(mul24_hi<true>(uint32_t(a), uint32_t(b)), uint32_t((x * y) >> 16));
    ASSERT_EQ((sad<int32_t, uint32_t>(int32_t(a), int32_t(b), 5)),
              int32_t(uint32_t(std::abs(int64_t{int32_t(a)} - int32_t(b))) + 5));
  }
  EXPECT_EQ(int_div(INT32_MIN, -1), INT32_MIN);
  EXPECT_EQ(int_rem(INT64_MIN, int64_t{-1}), 0);
  EXPECT_EQ(add_sat(INT32_MAX, 1), INT32_MAX);
}

TEST(NumericsVideo, FourLanes) {
  VideoSimd add{VideoOp::kAdd};
  add.signed_d = add.signed_a = add.signed_b = add.saturate = true;
  EXPECT_EQ(video_simd(add, 0x7f80ff01, 0x01ff0101, 0), 0x7f800002u);
  VideoSimd difference{VideoOp::kAbsDiff};
  difference.accumulate = true;
  EXPECT_EQ(video_simd(difference, 0x05000a01, 0x00050001, 7), 27u);
  VideoSimd set{VideoOp::kSet, VideoCompare::kGt};
  EXPECT_EQ(video_simd(set, 0x02020202, 0x01020300, 0), 0x01000001u);
  VideoScalar scalar{VideoOp::kAdd};
  scalar.part_a = VideoPart::kB1;
  scalar.part_d = VideoPart::kH1;
  EXPECT_EQ(video_scalar(scalar, 0x1200, 3, 0xaaaabbbb), 0x0015bbbbu);
  VideoMad mad;
  mad.negate_c = true;
  mad.shift = 7;
  EXPECT_EQ(video_mad(mad, 256, 2, 128), 3u);
}

}  // namespace
}  // namespace ptxvm
