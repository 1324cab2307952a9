#include "glimpse/core/tensor.h"

#include <gtest/gtest.h>

namespace glimpse {
namespace {

float g_data[120];

TEST(TensorView, SliceSelectAndTransposePointToTheRightElement) {
  for (int i = 0; i < 120; ++i) g_data[i] = float(i);
  const auto t = TensorView::dense(g_data, DType::f32, {4, 5, 6});
  EXPECT_EQ((view<float, 3>(t.slice(1, 2, 4)))(3, 1, 5), float(3 * 30 + 3 * 6 + 5));
  EXPECT_EQ((view<float, 2>(t.select(1, 2)))(3, 5), float(3 * 30 + 2 * 6 + 5));
  EXPECT_EQ((view<float, 3>(t.transpose(0, 2)))(5, 2, 3), float(3 * 30 + 2 * 6 + 5));
  EXPECT_EQ((view<float, 4>(t.split_last(3)))(1, 2, 1, 2), float(30 + 12 + 5));
}

TEST(TensorView, SpanReachesTheLastElement) {
  const auto t = TensorView::dense(g_data, DType::f32, {4, 5, 6});
  EXPECT_EQ(t.span(), 120);
  EXPECT_EQ(t.slice(2, 0, 2).span(), 3 * 30 + 4 * 6 + 1 + 1);
  EXPECT_EQ(t.slice(0, 2, 2).span(), 0);
  EXPECT_FALSE(t.slice(2, 0, 2).is_dense());
  EXPECT_TRUE(t.slice(0, 1, 2).is_dense());
}

TEST(TensorView, RefusesWhatDoesNotFit) {
  const auto t = TensorView::dense(g_data, DType::f32, {4, 5, 6});
  EXPECT_THROW(t.slice(0, 3, 5), Error);
  EXPECT_THROW(t.slice(0, -1, 2), Error);
  EXPECT_THROW(t.reshape({7, 17}), Error);
  EXPECT_THROW(t.slice(2, 0, 2).reshape({40}), Error);
  EXPECT_THROW(t.split_last(4), Error);
  EXPECT_THROW((view<bf16, 3>(t)), Error);
  EXPECT_THROW((view<float, 2>(t)), Error);
}

}  // namespace
}  // namespace glimpse
