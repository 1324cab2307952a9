// What the forward pass refuses. What it computes is compared with the reference in parity_test.cpp.
#include "model/glm4v.h"

#include <gtest/gtest.h>

#include "golden_model.h"

namespace glimpse {
namespace {

TEST(ForwardErrors, DisagreeingPicturesAreRefused) {
  GoldenModel nano(nano_path());
  const GoldenCase scene(golden_path("cases/scene"), DType::f32);
  const Prompt good = scene.sequences(nano.model.config())[0].prompt;
  Prompt without = good;
  without.images.clear(), without.vision = {};
  EXPECT_THROW(nano.model.forward({without}), Error);
  Prompt outside = good;
  outside.ids[0] = 768;
  EXPECT_THROW(nano.model.forward({outside}), Error);
  EXPECT_THROW(nano.model.forward({Prompt{}}), Error);
}

}  // namespace
}  // namespace glimpse
