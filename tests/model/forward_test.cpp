// What forward() gives beside all logits: rows of one's choice, the loss, hidden states, visual features, embeddings in
// place of ids. The values come from the stored tensors of the reference.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "golden_model.h"
#include "model/hidden_states.h"
#include "model/loss.h"

namespace glimpse {
namespace {

class ForwardTest : public testing::Test {
 protected:
  ForwardTest() : nano_(nano_path()), scene_(golden_path("cases/scene"), DType::f32) {
    // The sequence owns the pixels that its prompt points to.
    sequences_ = scene_.sequences(nano_.model.config());
  }
  const Prompt& prompt() const { return sequences_[0].prompt; }
  int64_t vocab() const { return nano_.model.config().text.vocab_size; }
  // Relative Frobenius distance; f32 runs may differ by 2e-5, the bound of parity.
  static double distance(const std::vector<float>& got, const std::vector<float>& want) {
    double difference = 0, norm = 0;
    for (size_t i = 0; i < got.size(); ++i)
      difference += std::pow(double(got[i]) - want[i], 2), norm += std::pow(double(want[i]), 2);
    return std::sqrt(difference / norm);
  }
  std::vector<float> stored(const char* name, size_t size) {
    const StoredTensor* tensor = scene_.f32.find(name);
    EXPECT_TRUE(tensor && tensor->bytes == size * sizeof(float)) << name;
    std::vector<float> values(size);
    std::memcpy(values.data(), tensor->data, size * sizeof(float));
    return values;
  }
  void expect_close(const std::vector<float>& got, const char* name) {
    EXPECT_LE(distance(got, stored(name, got.size())), 2e-5) << name;
  }
  GoldenModel nano_;
  GoldenCase scene_;
  std::vector<GoldenSequence> sequences_;
};

TEST_F(ForwardTest, LogitsToKeepIsACountOrRows) {
  const std::vector<float> all = nano_.model.forward({prompt()}).logits;
  expect_close(all, "logits");
  const size_t rows = prompt().ids.size(), v = size_t(vocab());
  const auto row = [&](size_t i) { return std::vector<float>(all.begin() + i * v, all.begin() + (i + 1) * v); };
  // Few rows are summed by other kernels, in another order.
  const auto expect_rows = [&](const LogitsToKeep& keep, const std::vector<size_t>& which) {
    const std::vector<float> got = nano_.model.forward({prompt()}, keep).logits;
    ASSERT_EQ(got.size(), which.size() * v);
    for (size_t i = 0; i < which.size(); ++i)
      EXPECT_LE(distance({got.begin() + i * v, got.begin() + (i + 1) * v}, row(which[i])), 2e-5);
  };
  expect_rows(2, {rows - 2, rows - 1});
  expect_rows(std::vector<int64_t>{3, -1, 0}, {3, rows - 1, 0});
  EXPECT_EQ(nano_.model.forward({prompt()}, int(rows) + 5).logits, all);
  EXPECT_THROW(nano_.model.forward({prompt()}, -1), Error);
  EXPECT_THROW(nano_.model.forward({prompt()}, std::vector<int64_t>{int64_t(rows)}), Error);
}

TEST_F(ForwardTest, LossIsTheMeanCrossEntropyOfTheNextToken) {
  // By hand: two rows of a vocabulary of two; the first row judges label 1, the label of position 0 is nobody's.
  ForwardOutput small;
  small.logits = {0, std::log(3.f), 5, 5};
  small.layouts.resize(1);
  small.layouts[0].vision_row = {-1, -1};
  EXPECT_NEAR(causal_lm_loss(small, {{0, 1}}, 2), -std::log(0.75), 1e-7);
  EXPECT_NEAR(causal_lm_loss(small, {{1, 0}}, 2), -std::log(0.25), 1e-7);
  EXPECT_TRUE(std::isnan(causal_lm_loss(small, {{0, kIgnoreLabel}}, 2)));
  EXPECT_THROW(causal_lm_loss(small, {{0, 2}}, 2), Error);
  EXPECT_THROW(causal_lm_loss(small, {{0}}, 2), Error);
  // Of the model: over two sequences it is the mean over the tokens of both, as the stored logits give it too.
  const Prompt text{.ids = {10, 66, 67, 68}, .vision = {}, .images = {}, .videos = {}};
  const std::vector<int32_t> labels(prompt().ids), ignored(4, kIgnoreLabel);
  const ForwardOutput one = nano_.model.forward({prompt()}), two = nano_.model.forward({prompt(), text});
  const double loss = causal_lm_loss(one, {labels}, vocab());
  EXPECT_DOUBLE_EQ(causal_lm_loss(two, {labels, ignored}, vocab()), loss);
  const double both = causal_lm_loss(two, {labels, text.ids}, vocab()),
               other = causal_lm_loss(nano_.model.forward({text}), {text.ids}, vocab());
  const double n = double(labels.size()) - 1;
  EXPECT_NEAR(both, (loss * n + other * 3) / (n + 3), 1e-9);
  // A logit moved by e moves a cross-entropy by at most 2 e.
  ForwardOutput reference = one;
  reference.logits = stored("logits", one.logits.size());
  float moved = 0;
  for (size_t i = 0; i < one.logits.size(); ++i) moved = std::max(moved, std::abs(one.logits[i] - reference.logits[i]));
  EXPECT_NEAR(loss, causal_lm_loss(reference, {labels}, vocab()), 2 * moved);
  EXPECT_THROW(causal_lm_loss(nano_.model.forward({prompt()}, 1), {labels}, vocab()), Error);
}

TEST_F(ForwardTest, HiddenStatesAreTheLayersOutputs) {
  const int layers = int(nano_.model.config().text.num_hidden_layers);
  HiddenStates hidden(layers);
  nano_.run.add_observer(&hidden);
  nano_.model.forward({prompt()});
  nano_.run.remove_observer(&hidden);
  ASSERT_EQ(hidden.states.size(), size_t(layers) + 1);
  expect_close(hidden.states[0], "text.embed");
  for (int i = 1; i < layers; ++i)
    expect_close(hidden.states[size_t(i)], ("text.layer." + std::to_string(i - 1)).c_str());
  expect_close(hidden.states.back(), "text.norm");
}

TEST_F(ForwardTest, ImageFeaturesAreTheMergersRows) {
  const auto features = nano_.model.get_image_features(prompt().vision);
  ASSERT_EQ(features.size(), 1u);
  expect_close(features[0], "vision.merger");
  // Two pictures at once are two lists of the same numbers.
  VisionInput twice = prompt().vision;
  const TensorView one = twice.pixels;
  const float* values = static_cast<const float*>(one.data);
  std::vector<float> pixels(values, values + one.numel());
  pixels.insert(pixels.end(), values, values + one.numel());
  twice.pixels = TensorView::dense(pixels.data(), DType::f32, {2 * one.shape[0], one.shape[1]});
  twice.grids.push_back(twice.grids[0]);
  const auto both = nano_.model.get_image_features(twice);
  ASSERT_EQ(both.size(), 2u);
  expect_close(both[0], "vision.merger");
  expect_close(both[1], "vision.merger");
}

TEST_F(ForwardTest, EmbeddingsStandInForIds) {
  const Glm4vConfig& c = nano_.model.config();
  const SequenceLayout layout = nano_.model.layout(prompt());
  const int64_t rows = int64_t(prompt().ids.size());
  std::vector<float> embeds = stored("text.embed", size_t(rows * c.text.hidden_size));
  TextBatch batch;
  std::vector<int32_t> every(static_cast<size_t>(rows)), none(static_cast<size_t>(rows), 0);
  for (size_t i = 0; i < every.size(); ++i) every[i] = int32_t(i);
  batch.add(0, 0, none, layout.positions, every);
  batch.vision = TensorView::dense(embeds.data(), DType::f32, {rows, c.text.hidden_size});
  KvCache cache(nano_.run.backend(), DType::f32, 1, int(c.text.num_hidden_layers), int(c.text.num_key_value_heads),
                rows, int(c.text.head_dim()));
  std::vector<float> normed;
  append_rows(nano_.run.backend(), nano_.model.text().forward(nano_.run, nano_.model.arena(), batch, cache, DType::f32),
              normed);
  expect_close(normed, "text.norm");
}

}  // namespace
}  // namespace glimpse
