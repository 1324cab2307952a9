// Approximations of both models against long double, within the documented bounds, and their special cases.
#include <gtest/gtest.h>

#include "numerics/approx.h"
#include "numerics/half.h"
#include "numerics_oracle.h"

namespace ptxvm {
namespace {

constexpr Model kModels[] = {Model::kNearest, Model::kOther};

float one(Approx op, float x, bool ftz, Model model) {
  uint32_t lanes[32];
  for (auto& l : lanes) l = bits_of(x);
  find_approx(op, ftz, model)(lanes, lanes);
  EXPECT_EQ(lanes[0], lanes[31]);
  return float_of(lanes[0]);
}

struct Case {
  Approx op;
  float low, high;
  long double (*exact)(long double);
  double relative, absolute;
};
const Case kCases[] = {
    {Approx::kRcp, 1e-30f, 1e30f, [](long double x) { return 1 / x; }, 0x1p-23, 0},
    {Approx::kRsqrt, 1e-30f, 1e30f, [](long double x) { return 1 / sqrtl(x); }, 0x1.2p-23, 0},
    {Approx::kSqrt, 1e-30f, 1e30f, [](long double x) { return sqrtl(x); }, 0x1p-23, 0},
    {Approx::kEx2, -120, 120, [](long double x) { return exp2l(x); }, 0x1.6p-23, 0},
    {Approx::kLg2, 1e-30f, 1e30f, [](long double x) { return log2l(x); }, 0x1p-22, 0x1p-22},
    {Approx::kSin, -3.1415f, 3.1415f, [](long double x) { return sinl(x); }, 0, 0x1.6p-21},
    {Approx::kCos, -3.1415f, 3.1415f, [](long double x) { return cosl(x); }, 0, 0x1.6p-21},
    {Approx::kTanh, -12, 12, [](long double x) { return tanhl(x); }, 0x1p-11, 0},
};

TEST(NumericsApprox, WithinTheDocumentedBounds) {
  std::mt19937 engine(4);
  for (const Case& c : kCases) {
    for (const Model model : kModels) {
      int wrong = 0, moved = 0;
      for (int i = 0; i < 20000; ++i) {
        uint32_t in[32], out[32];
        for (auto& x : in) {
          const float u = float(engine()) * 0x1p-32f;
          x = bits_of(c.low > 0 ? float(std::exp2(std::log2(double(c.low)) + u * std::log2(double(c.high) / c.low)))
                                : c.low + u * (c.high - c.low));
        }
        find_approx(c.op, false, model)(out, in);
        for (int l = 0; l < 32; ++l) {
          const long double exact = c.exact(float_of(in[l]));
          const double error = double(fabsl(float_of(out[l]) - exact));
          const double bound = std::max(c.absolute, c.relative * double(fabsl(exact)));
          ASSERT_LE(error, bound) << int(c.op) << std::hexfloat << ' ' << float_of(in[l]) << ' ' << float_of(out[l]);
          moved += float_of(out[l]) != float(exact);
          wrong += model == Model::kNearest && float_of(out[l]) != float(exact);
        }
      }
      EXPECT_LE(wrong, 0) << int(c.op);
      if (model == Model::kOther) {
        EXPECT_GT(moved, 10000) << int(c.op);
      }
    }
  }
}

TEST(NumericsApprox, SpecialCases) {
  const float inf = __builtin_inff(), nan = __builtin_nanf("");
  for (const Model m : kModels) {
    EXPECT_EQ(one(Approx::kRcp, 0.0f, false, m), inf);
    EXPECT_EQ(one(Approx::kRcp, -0.0f, false, m), -inf);
    EXPECT_EQ(bits_of(one(Approx::kRcp, -inf, false, m)), kSignF32);
    EXPECT_EQ(one(Approx::kRsqrt, 0.0f, true, m), inf);
    EXPECT_EQ(one(Approx::kRsqrt, -0.0f, true, m), -inf);
    EXPECT_EQ(bits_of(one(Approx::kRsqrt, -1.0f, true, m)), kNanF32);
    EXPECT_EQ(bits_of(one(Approx::kSqrt, -0.0f, true, m)), kSignF32);
    EXPECT_EQ(one(Approx::kEx2, -inf, true, m), 0.0f);
    EXPECT_EQ(one(Approx::kEx2, inf, true, m), inf);
    EXPECT_EQ(one(Approx::kEx2, 0.0f, true, m), 1.0f);
    EXPECT_EQ(one(Approx::kEx2, 200.0f, true, m), inf);
    EXPECT_EQ(one(Approx::kEx2, -130.0f, true, m), 0.0f);
    EXPECT_EQ(one(Approx::kEx2, -130.0f, false, m), 0x1p-130f);
    EXPECT_EQ(bits_of(one(Approx::kEx2, nan, true, m)), kNanF32);
    EXPECT_EQ(one(Approx::kLg2, 0.0f, true, m), -inf);
    EXPECT_EQ(one(Approx::kLg2, 0x1p-140f, true, m), -inf);
    EXPECT_EQ(one(Approx::kLg2, 0x1p-140f, false, m), -140.0f);
    EXPECT_EQ(one(Approx::kLg2, inf, false, m), inf);
    EXPECT_EQ(bits_of(one(Approx::kLg2, 1.0f, false, m)), 0u);
    EXPECT_EQ(bits_of(one(Approx::kLg2, -1.0f, false, m)), kNanF32);
    EXPECT_EQ(bits_of(one(Approx::kSin, -0.0f, false, m)), kSignF32);
    EXPECT_EQ(one(Approx::kCos, 0.0f, false, m), 1.0f);
    EXPECT_EQ(bits_of(one(Approx::kSin, inf, false, m)), kNanF32);
    EXPECT_EQ(one(Approx::kTanh, inf, false, m), 1.0f);
    EXPECT_EQ(one(Approx::kTanh, -inf, false, m), -1.0f);
    EXPECT_EQ(bits_of(one(Approx::kTanh, -0.0f, false, m)), kSignF32);
    EXPECT_NEAR(one(Approx::kSin, 1e6f, false, m), std::sin(1e6), 0x1p-20);
  }
}

TEST(NumericsApprox, HalvesEveryPattern) {
  for (const Model model : kModels) {
    for (uint32_t base = 0; base < 0x10000; base += 32) {
      uint32_t in[32], e[32], t[32];
      for (uint32_t l = 0; l < 32; ++l) in[l] = base + l;
      find_approx(Approx::kEx2F16, false, model)(e, in);
      find_approx(Approx::kTanhBf16, false, model)(t, in);
      for (int l = 0; l < 32; ++l) {
        const double x = f16_to_f32(uint16_t(in[l])), exact = std::exp2(x), got = f16_to_f32(uint16_t(e[l]));
        if (std::isnan(x)) {
          ASSERT_EQ(e[l], kNanF16);
        } else if (exact > 65504) {
          ASSERT_GE(got, 65504);
        } else {
          ASSERT_LE(std::fabs(got - exact), std::max(0x1p-9 / 1.87 * exact, 0x1p-24));
        }
        const double y = bf16_to_f32(uint16_t(in[l]));
        if (!std::isnan(y)) {
          ASSERT_LE(std::fabs(bf16_to_f32(uint16_t(t[l])) - std::tanh(y)), 0x1p-8);
        }
      }
    }
  }
}

TEST(NumericsApprox, Division) {
  oracle::Patterns p(6);
  for (const Model model : kModels) {
    for (int i = 0; i < 20000; ++i) {
      uint32_t a[32], b[32], d[32];
      for (int l = 0; l < 32; ++l) a[l] = p.f32(), b[l] = p.f32();
      find_approx_div(true, false, model)(d, a, b);
      for (int l = 0; l < 32; ++l) {
        const float exact = float_of(a[l]) / float_of(b[l]);
        if (std::isnan(exact)) {
          ASSERT_EQ(d[l], kNanF32);
        } else {
          ASSERT_LE(std::abs(int64_t{d[l]} - int64_t{bits_of(exact)}), model == Model::kNearest ? 0 : 1);
        }
      }
    }
    uint32_t a[32] = {bits_of(1.0f), 0x7f800000u}, b[32] = {bits_of(0x1p127f), bits_of(0x1p127f)}, d[32];
    find_approx_div(false, false, model)(d, a, b);
    EXPECT_EQ(d[0], 0u);
    EXPECT_EQ(d[1], kNanF32);
  }
}

TEST(NumericsApprox, UpperWordF64) {
  for (const Model m : kModels) {
    for (double x = 1.0; x < 1000.0; x *= 1.01) {
      EXPECT_NEAR(rcp_approx_f64(x, m) * x, 1.0, 0x1p-18);
      EXPECT_NEAR(rsqrt_approx_f64(x, m) * std::sqrt(x), 1.0, 0x1p-18);
      EXPECT_EQ(uint32_t(bits_of(rcp_approx_f64(x, m))), 0u);
    }
    EXPECT_EQ(rcp_approx_f64(0.0, m), __builtin_inf());
    EXPECT_EQ(rcp_approx_f64(-__builtin_inf(), m), 0.0);
  }
}

}  // namespace
}  // namespace ptxvm
