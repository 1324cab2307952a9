// f32 and f64 arithmetic against the host under fesetround; min, max and their like against the ISA's tables.
#include <gtest/gtest.h>

#include "numerics/float_arith.h"
#include "numerics/float_misc.h"
#include "numerics_oracle.h"

namespace ptxvm {
namespace {

constexpr int kRounds = 200000;

uint32_t f32_result(float x) { return std::isnan(x) ? kNanF32 : bits_of(x); }

template <RoundMode R>
void check_f32() {
  oracle::Patterns p(1 + uint64_t(R));
  for (int i = 0; i < kRounds; ++i) {
    volatile float a = float_of(p.f32()), b = float_of(p.f32()), c = float_of(p.f32());
    const auto same = [&](float got, auto f) {
      ASSERT_EQ(bits_of(got), f32_result(oracle::rounded<float>(R, f))) << std::hexfloat << a << ' ' << b << ' ' << c;
    };
    same(fp_add<R>(float(a), float(b)), [&] { return a + b; });
    same(fp_sub<R>(float(a), float(b)), [&] { return a - b; });
    same(fp_mul<R>(float(a), float(b)), [&] { return a * b; });
    same(fp_div<R>(float(a), float(b)), [&] { return a / b; });
    same(fp_rcp<R>(float(a)), [&] { return 1.0f / a; });
    same(fp_sqrt<R>(float(a)), [&] { return std::sqrt(a); });
    same(fp_fma<R>(float(a), float(b), float(c)), [&] { return std::fma(a, b, c); });
  }
}
template <RoundMode R>
void check_f64() {
  oracle::Patterns p(11 + uint64_t(R));
  for (int i = 0; i < kRounds; ++i) {
    volatile double a = double_of(p.f64()), b = double_of(p.f64()), c = double_of(p.f64());
    const auto same = [&](double got, auto f) {
      const double want = oracle::rounded<double>(R, f);
      if (std::isnan(want)) {
        ASSERT_TRUE(std::isnan(got));
      } else {
        ASSERT_EQ(bits_of(got), bits_of(want)) << std::hexfloat << a << ' ' << b << ' ' << c;
      }
    };
    same(fp_add<R>(double(a), double(b)), [&] { return a + b; });
    same(fp_sub<R>(double(a), double(b)), [&] { return a - b; });
    same(fp_mul<R>(double(a), double(b)), [&] { return a * b; });
    same(fp_div<R>(double(a), double(b)), [&] { return a / b; });
    same(fp_sqrt<R>(double(a)), [&] { return std::sqrt(a); });
    same(fp_fma<R>(double(a), double(b), double(c)), [&] { return std::fma(a, b, c); });
  }
}

TEST(NumericsFloat, F32EveryRounding) {
  check_f32<RoundMode::kRn>();
  check_f32<RoundMode::kRz>();
  check_f32<RoundMode::kRm>();
  check_f32<RoundMode::kRp>();
}
TEST(NumericsFloat, F64EveryRounding) {
  check_f64<RoundMode::kRn>();
  check_f64<RoundMode::kRz>();
  check_f64<RoundMode::kRm>();
  check_f64<RoundMode::kRp>();
}

TEST(NumericsFloat, FlushAndSaturate) {
  constexpr auto kRn = RoundMode::kRn;
  EXPECT_EQ(bits_of(fp_add<kRn, true>(float_of(1u), 0.0f)), 0u);
  EXPECT_EQ(bits_of(fp_mul<kRn, true>(-0x1p-100f, 0x1p-40f)), kSignF32);
  EXPECT_EQ(bits_of(fp_mul(-0x1p-100f, 0x1p-40f)), kSignF32 | 0x200u);
  EXPECT_EQ((fp_add<kRn, false, true>(0.75f, 0.75f)), 1.0f);
  EXPECT_EQ(bits_of(fp_add<kRn, false, true>(-1.0f, 0.5f)), 0u);
  EXPECT_EQ(bits_of(fp_add<kRn, false, true>(__builtin_nanf(""), 0.5f)), 0u);
  EXPECT_EQ(bits_of(fp_add(__builtin_inff(), -__builtin_inff())), kNanF32);
}

TEST(NumericsFloat, MinMax) {
  const float nan = __builtin_nanf("");
  EXPECT_EQ(bits_of(fp_min_max<false>(0.0f, -0.0f)), kSignF32);
  EXPECT_EQ(bits_of(fp_min_max<true>(-0.0f, 0.0f)), 0u);
  EXPECT_EQ(fp_min_max<false>(nan, 2.0f), 2.0f);
  EXPECT_EQ(fp_min_max<true>(2.0f, nan), 2.0f);
  EXPECT_EQ(bits_of(fp_min_max<true>(nan, -nan)), kNanF32);
  EXPECT_EQ(bits_of(fp_min_max<true, false, NanRule::kNan>(2.0f, nan)), kNanF32);
  EXPECT_EQ((fp_min_max<true, false, NanRule::kNumber, true>(-3.0f, 2.0f)), -3.0f);
  EXPECT_EQ((fp_min_max<false, false, NanRule::kNumber, true>(-3.0f, 2.0f)), -2.0f);
  EXPECT_EQ((fp_min_max<false, false, NanRule::kNumber, true>(-3.0f, -2.0f)), 2.0f);
  EXPECT_EQ(bits_of(fp_min_max<true, true>(float_of(1u), -1.0f)), 0u);
  EXPECT_EQ(fp_min_max<true>(1.0, 3.0, 2.0), 3.0);
}

TEST(NumericsFloat, SignsAndClasses) {
  EXPECT_EQ(fp_copysign(-1.0f, 5.0f), -5.0f);
  EXPECT_EQ(fp_abs(-2.0), 2.0);
  EXPECT_EQ(bits_of(fp_neg<true>(float_of(5u))), kSignF32);
  EXPECT_TRUE(fp_testp(TestProperty::kNormal, 0.0f));
  EXPECT_TRUE(fp_testp(TestProperty::kSubnormal, 0x1p-140f));
  EXPECT_FALSE(fp_testp(TestProperty::kNormal, __builtin_inff()));
  EXPECT_TRUE(fp_testp(TestProperty::kNotANumber, __builtin_nan("")));
}

}  // namespace
}  // namespace ptxvm
