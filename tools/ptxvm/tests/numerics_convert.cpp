// cvt and 16-bit arithmetic against tables of values (every pattern of the small formats) and against host casts.
#include <gtest/gtest.h>

#include "numerics/convert.h"
#include "numerics_oracle.h"

namespace ptxvm {
namespace {

constexpr RoundMode kModes[] = {RoundMode::kRn, RoundMode::kRz, RoundMode::kRm, RoundMode::kRp};

TEST(NumericsConvert, F16ToF32EveryPattern) {
  for (uint32_t h = 0; h < 0x10000; ++h) {
    const float f = f16_to_f32(uint16_t(h));
    const uint32_t magnitude = h & 0x7fff;
    if (magnitude > 0x7c00) {
      ASSERT_TRUE(std::isnan(f));
    } else if (magnitude == 0x7c00) {
      ASSERT_TRUE(std::isinf(f));
    } else {
      ASSERT_EQ(std::fabs(f), oracle::f16().value(magnitude));
    }
    ASSERT_EQ(std::isnan(f) ? 0 : bits_of(f) >> 31, std::isnan(f) ? 0 : h >> 15);
  }
}

struct Small {
  Numeric type;
  oracle::Table table;
  int sign_bit;
  bool infinite, nan;
};
const std::vector<Small>& small_formats() {
  static const std::vector<Small> all = {
      {Numeric::kF16, {10, 15, 0x7c00}, 15, true, true}, {Numeric::kE4m3, {3, 7, 0x7f}, 7, false, true},
      {Numeric::kE5m2, {2, 15, 0x7c}, 7, true, true},    {Numeric::kE2m3, {3, 1, 0x20}, 5, false, false},
      {Numeric::kE3m2, {2, 3, 0x20}, 5, false, false},   {Numeric::kE2m1, {1, 1, 0x8}, 3, false, false}};
  return all;
}

uint64_t expected_small(const Small& s, double x, RoundMode mode, bool satfinite) {
  if (std::isnan(x)) return s.type == Numeric::kF16 ? 0x7fff : s.nan ? 0x7f : s.table.size() - 1;
  size_t pattern = std::isinf(x) ? s.table.size() : s.table.round(x, mode);
  const bool to_zero = mode == RoundMode::kRz || mode == (x < 0 ? RoundMode::kRp : RoundMode::kRm);
  if (pattern >= s.table.size() && (satfinite || !s.infinite || (to_zero && !std::isinf(x))))
    pattern = s.table.size() - 1;
  return pattern | uint64_t(std::signbit(x)) << s.sign_bit;
}

TEST(NumericsConvert, F32ToSmallFormats) {
  oracle::Patterns p(3);
  for (const Small& s : small_formats()) {
    for (int i = 0; i < 200000; ++i) {
      const float x = i % 2 ? float_of(p.f32()) : float(int64_t(p.bits()) % 65536) * 0x1p-14f;
      for (const RoundMode mode : kModes) {
        const bool satfinite = s.type != Numeric::kF16 || i % 3 == 0;
        const Conversion c{s.type, Numeric::kF32, mode, false, false, false, satfinite, false};
        ASSERT_EQ(convert(c, bits_of(x)), expected_small(s, x, mode, satfinite))
            << int(s.type) << ' ' << x << int(mode);
      }
    }
  }
}

TEST(NumericsConvert, SmallFormatsToF32EveryPattern) {
  for (const Small& s : small_formats()) {
    for (uint32_t pattern = 0; pattern < (2u << s.sign_bit); ++pattern) {
      const uint32_t magnitude = pattern & ((1u << s.sign_bit) - 1);
      const float f = float_of(uint32_t(convert({Numeric::kF32, s.type}, pattern)));
      if (magnitude < s.table.size()) {
        ASSERT_EQ(std::fabs(f), s.table.value(magnitude)) << int(s.type);
      } else {
        ASSERT_FALSE(std::isfinite(f));
      }
    }
  }
}

template <RoundMode R>
void check_half_fast_path() {
  oracle::Patterns p(5);
  for (int i = 0; i < 300000; ++i) {
    const uint32_t x = i % 2 ? p.f32() : (p.f32() & 0x87ffffffu) | 0x30000000u;
    ASSERT_EQ(f32_to_f16<R>(float_of(x)), convert({Numeric::kF16, Numeric::kF32, R}, x)) << std::hex << x;
    ASSERT_EQ(f32_to_bf16<R>(float_of(x)), convert({Numeric::kBf16, Numeric::kF32, R}, x)) << std::hex << x;
    const uint64_t d = p.f64();
    ASSERT_EQ(f64_to_f16<R>(double_of(d)), convert({Numeric::kF16, Numeric::kF64, R}, d)) << std::hex << d;
    const uint64_t near_half = bits_of(double(float_of(x))) + (i % 3) - 1;
    ASSERT_EQ(f64_to_bf16<R>(double_of(near_half)), convert({Numeric::kBf16, Numeric::kF64, R}, near_half));
  }
}
TEST(NumericsConvert, FastHalfConversionsAgree) {
  check_half_fast_path<RoundMode::kRn>();
  check_half_fast_path<RoundMode::kRz>();
  check_half_fast_path<RoundMode::kRm>();
  check_half_fast_path<RoundMode::kRp>();
}

TEST(NumericsConvert, WideFloatsAgainstHost) {
  oracle::Patterns p(7);
  for (int i = 0; i < 200000; ++i) {
    const uint64_t x = i % 2 ? p.f64() : bits_of(double(float_of(p.f32()))) + p.bits() % 0x40000000;
    volatile double d = double_of(x);
    for (const RoundMode mode : kModes) {
      const float want = oracle::rounded<float>(mode, [&] { return float(d); });
      const uint64_t got = convert({Numeric::kF32, Numeric::kF64, mode}, x);
      ASSERT_EQ(got, std::isnan(want) ? kNanF32 : bits_of(want)) << std::hexfloat << d << int(mode);
      const double integral = oracle::rounded<double>(mode, [&] { return std::rint(d); });
      Conversion c{Numeric::kF64, Numeric::kF64, mode};
      c.integral = true;
      if (!std::isnan(integral)) {
        ASSERT_EQ(convert(c, x), bits_of(integral)) << std::hexfloat << d << int(mode);
      }
    }
  }
}

TEST(NumericsConvert, IntegersToFloats) {
  oracle::Patterns p(8);
  for (int i = 0; i < 200000; ++i) {
    const uint64_t x = p.bits() >> (p.bits() % 64);
    volatile uint64_t u = x;
    volatile int64_t s = int64_t(x);
    for (const RoundMode mode : kModes) {
      const long double exact_u = u, exact_s = s;  // 64 bits of significand hold both
      const auto f32 = [&](long double v) { return bits_of(oracle::rounded<float>(mode, [&] { return float(v); })); };
      const auto f64 = [&](long double v) { return bits_of(oracle::rounded<double>(mode, [&] { return double(v); })); };
      ASSERT_EQ(convert({Numeric::kF32, Numeric::kU64, mode}, x), f32(exact_u));
      ASSERT_EQ(convert({Numeric::kF32, Numeric::kS64, mode}, x), f32(exact_s));
      ASSERT_EQ(convert({Numeric::kF64, Numeric::kU64, mode}, x), f64(exact_u));
      ASSERT_EQ(convert({Numeric::kF32, Numeric::kS32, mode}, x), f32(int32_t(x)));
      ASSERT_EQ(convert({Numeric::kF16, Numeric::kS16, mode}, x),
                expected_small(small_formats()[0], int16_t(x), mode, false));
    }
  }
}

template <class I>
void check_to_integer(Numeric to) {
  oracle::Patterns p(9 + uint64_t(to));
  constexpr bool kWide = sizeof(I) == 8;
  for (int i = 0; i < 100000; ++i) {
    const uint32_t x = i % 2 ? p.f32() : bits_of(float(int64_t(p.bits()) >> (p.bits() % 64)) * 0.25f);
    volatile float f = float_of(x);
    for (const RoundMode mode : kModes) {
      const float r = oracle::rounded<float>(mode, [&] { return std::rint(f); });
      I want = 0;
      if (std::isnan(r)) want = kWide ? I(1ull << 63) : I(0);
      else if (r >= std::ldexp(1.0f, std::numeric_limits<I>::digits)) want = std::numeric_limits<I>::max();
      else if (r < float(std::numeric_limits<I>::min())) want = std::numeric_limits<I>::min();
      else want = I(r);
      Conversion c{to, Numeric::kF32, mode};
      c.integral = true;
      ASSERT_EQ(I(convert(c, x)), want) << std::hexfloat << f << ' ' << int(mode);
    }
  }
}
TEST(NumericsConvert, FloatToIntegers) {
  check_to_integer<uint8_t>(Numeric::kU8);
  check_to_integer<uint16_t>(Numeric::kU16);
  check_to_integer<uint32_t>(Numeric::kU32);
  check_to_integer<uint64_t>(Numeric::kU64);
  check_to_integer<int8_t>(Numeric::kS8);
  check_to_integer<int16_t>(Numeric::kS16);
  check_to_integer<int32_t>(Numeric::kS32);
  check_to_integer<int64_t>(Numeric::kS64);
  Conversion from_f64{Numeric::kS32, Numeric::kF64, RoundMode::kRz};
  EXPECT_EQ(uint32_t(convert(from_f64, 0x7ff8000000000000ull)), 0x80000000u);
}

TEST(NumericsConvert, IntegersToIntegers) {
  Conversion sat{Numeric::kS8, Numeric::kS32};
  sat.sat = true;
  EXPECT_EQ(int64_t(convert(sat, 1000)), 127);
  EXPECT_EQ(int64_t(convert(sat, uint32_t(-1000))), -128);
  sat.to = Numeric::kU8;
  EXPECT_EQ(convert(sat, uint32_t(-1)), 0u);
  EXPECT_EQ(int64_t(convert({Numeric::kS64, Numeric::kS8}, 0x80)), -128);
  EXPECT_EQ(convert({Numeric::kU64, Numeric::kU8}, 0xfff), 0xffu);
  EXPECT_EQ(convert({Numeric::kU32, Numeric::kS16}, 0xffff), 0xffffffffu);
}

TEST(NumericsConvert, Modifiers) {
  Conversion relu{Numeric::kF16, Numeric::kF32};
  relu.relu = true;
  EXPECT_EQ(convert(relu, bits_of(-1.5f)), 0u);
  EXPECT_EQ(convert(relu, 0xffc00000u), 0x7fffu);
  Conversion tf32{Numeric::kTf32, Numeric::kF32, RoundMode::kRna};
  EXPECT_EQ(convert(tf32, 0x3f801000u), 0x3f802000u);
  tf32.round = RoundMode::kRn;
  EXPECT_EQ(convert(tf32, 0x3f801000u), 0x3f800000u);
  Conversion sat{Numeric::kF32, Numeric::kF32};
  sat.sat = true;
  EXPECT_EQ(convert(sat, bits_of(3.0f)), bits_of(1.0f));
  EXPECT_EQ(convert(sat, 0x7fc00000u), 0u);
  Conversion ue8m0{Numeric::kUe8m0, Numeric::kF32, RoundMode::kRp};
  EXPECT_EQ(convert(ue8m0, bits_of(1.5f)), 128u);
  ue8m0.round = RoundMode::kRz;
  EXPECT_EQ(convert(ue8m0, bits_of(1.5f)), 127u);
  Conversion ftz{Numeric::kF64, Numeric::kF32};
  ftz.ftz = true;
  EXPECT_EQ(convert(ftz, 0x80000001u), kSignF64);
}

TEST(NumericsHalf, F16Arithmetic) {
  oracle::Patterns p(21);
  const auto round = [](double x) {  // no sum or product of f16 near a midpoint needs more than 53 bits
    return uint16_t(expected_small(small_formats()[0], x, RoundMode::kRn, false));
  };
  for (int i = 0; i < 300000; ++i) {
    const uint64_t r = p.bits();
    const uint16_t a = uint16_t(r), b = uint16_t(r >> 16), c = uint16_t(r >> 32);
    const double x = f16_to_f32(a), y = f16_to_f32(b), z = f16_to_f32(c);
    ASSERT_EQ(half_add<F16>(a, b), round(x + y));
    ASSERT_EQ(half_sub<F16>(a, b), round(x - y));
    ASSERT_EQ(half_mul<F16>(a, b), round(x * y));
    ASSERT_EQ(half_fma<F16>(a, b, c), round(x * y + z)) << std::hex << a << ' ' << b << ' ' << c;
  }
  EXPECT_EQ((half_add<F16, HalfModifiers{false, true, false}>(0x3c00, 0x3c00)), 0x3c00);
  EXPECT_EQ((half_fma<F16, HalfModifiers{false, false, true}>(0xbc00, 0x3c00, 0)), 0);
  EXPECT_EQ((half_add<F16, HalfModifiers{true, false, false}>(0x8001, 0x8001)), 0x8000);
}

TEST(NumericsHalf, Bf16Arithmetic) {
  oracle::Patterns p(22);
  const auto round = [](__float128 exact) {
    double d = double(exact);  // to odd, then one rounding
    if (__float128(d) != exact && std::isfinite(d)) {
      const bool over = (__float128(d) > exact) == (d > 0);
      d = double_of((bits_of(d) - (over ? 1 : 0)) | 1);
    }
    return convert({Numeric::kBf16, Numeric::kF64}, bits_of(d));
  };
  for (int i = 0; i < 300000; ++i) {
    const uint64_t r = p.bits();
    const uint32_t spread = i % 2 ? 0xffff : 0x83ff;
    const uint16_t low = i % 2 ? 0 : 0x3c00;
    const uint16_t a = uint16_t((r & spread) | low), b = uint16_t(((r >> 16) & spread) | low);
    const uint16_t c = uint16_t(((r >> 32) & spread) | low);
    const __float128 x = bf16_to_f32(a), y = bf16_to_f32(b), z = bf16_to_f32(c);
    // 113 bits do not hold every sum; a c this small only decides ties, and does so at 2^-90 of the product as well.
    const __float128 product = x * y, least = (product < 0 ? -product : product) * 0x1p-90f;
    const bool tiny = std::isfinite(double(product)) && z != 0 && (z < 0 ? -z : z) < least;
    const __float128 addend = !tiny ? z : z < 0 ? -least : least;
    ASSERT_EQ(half_add<Bf16>(a, b), round(x + y));
    ASSERT_EQ(half_mul<Bf16>(a, b), round(x * y));
    ASSERT_EQ(half_fma<Bf16>(a, b, c), round(product + addend)) << std::hex << a << ' ' << b << ' ' << c;
  }
}

TEST(NumericsHalf, MinMaxEveryPair) {
  for (uint32_t a = 0; a < 0x10000; a += 7) {
    for (uint32_t b = 0; b < 0x10000; b += 251) {
      const float x = f16_to_f32(uint16_t(a)), y = f16_to_f32(uint16_t(b));
      const float low = fp_min_max<false>(x, y), high = fp_min_max<true>(x, y);
      ASSERT_EQ((half_min_max<F16, false>(uint16_t(a), uint16_t(b))), std::isnan(low) ? 0x7fff : f32_to_f16(low));
      ASSERT_EQ((half_min_max<F16, true>(uint16_t(a), uint16_t(b))), std::isnan(high) ? 0x7fff : f32_to_f16(high));
    }
  }
}

}  // namespace
}  // namespace ptxvm
