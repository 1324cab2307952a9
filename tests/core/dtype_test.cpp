#include "glimpse/core/dtype.h"

#include <gtest/gtest.h>

#include <cmath>

namespace glimpse {
namespace {

TEST(Bf16, EveryValueSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float wide = to_f32(bf16{uint16_t(bits)});
    if (std::isnan(wide)) EXPECT_TRUE(std::isnan(to_f32(to_bf16(wide))));
    else EXPECT_EQ(to_bf16(wide).bits, bits);
  }
}

TEST(Bf16, TiesGoToEven) {
  EXPECT_EQ(to_f32(to_bf16(1 + 0x1p-8f)), 1);
  EXPECT_EQ(to_f32(to_bf16(1 + 3 * 0x1p-8f)), 1 + 0x1p-6f);
  EXPECT_EQ(to_f32(to_bf16(1 + 0x1p-8f + 0x1p-23f)), 1 + 0x1p-7f);
}

TEST(Bf16, TooLargeBecomesInfinity) { EXPECT_TRUE(std::isinf(to_f32(to_bf16(3.4e38f)))); }

TEST(Bf16, ANanWithALowPayloadStaysANan) {
  EXPECT_TRUE(std::isnan(to_f32(to_bf16(__builtin_bit_cast(float, 0x7f800001u)))));
}

}  // namespace
}  // namespace glimpse
