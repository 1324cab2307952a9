// Generation: that chunks, neighbours and a kept prefix change no bit, and when it ends. Equality with the reference's
// tokens is compared in parity_test.cpp.
#include "model/generate.h"

#include <gtest/gtest.h>

#include "golden_model.h"

namespace glimpse {
namespace {

class GenerateTest : public testing::TestWithParam<DType> {
 protected:
  GenerateTest() : nano_(nano_path(), GetParam()) {
    options_.config.max_new_tokens = 12;
    options_.config.eos_token_id = {744, 751, 753, 763};
    options_.keep_logits = true;
  }
  static std::vector<Prompt> prompts(const GoldenCase& golden, const Glm4vConfig& config) {
    std::vector<Prompt> all;
    for (const GoldenSequence& s : golden.sequences(config)) all.push_back(s.prompt);
    return all;
  }
  GenerateOutput run(const std::vector<Prompt>& prompts) {
    Generator generator(nano_.model, int(prompts.size()), 600);
    return generator.generate(prompts, options_);
  }
  static void expect_equal(const GeneratedSequence& a, const GeneratedSequence& b) {
    EXPECT_EQ(a.ids, b.ids);
    EXPECT_EQ(a.logits, b.logits);  // every bit
    EXPECT_EQ(a.finish, b.finish);
  }
  GoldenModel nano_;
  GoldenCase scene_{golden_path("cases/scene"), GetParam()};
  GoldenCase batch_{golden_path("cases/batch"), GetParam()};
  GenerateOptions options_;
};

INSTANTIATE_TEST_SUITE_P(, GenerateTest, testing::Values(DType::f32, DType::bf16),
                         [](const auto& p) { return name_of(p.param); });

TEST_P(GenerateTest, ChunksOfThePromptChangeNoBit) {
  const auto prompt = prompts(scene_, nano_.model.config());
  const GenerateOutput whole = run(prompt);
  for (const int64_t chunk : {1, 32, 40}) {
    SCOPED_TRACE(chunk);
    options_.prefill_chunk = chunk;
    expect_equal(run(prompt).sequences[0], whole.sequences[0]);
  }
}

// Thousands of tokens: activations as small as for one chunk, and the same bits whatever the chunks.
TEST_P(GenerateTest, ChunksOfALongPromptChangeNoBit) {
  Prompt prompt;
  for (int i = 0; i < 4000; ++i) prompt.ids.push_back(10 + i * 7919 % 700);
  options_.config.max_new_tokens = 2;
  std::vector<GenerateOutput> outputs;
  std::vector<int64_t> bytes;
  for (const int64_t chunk : {512, 200}) {
    GoldenModel nano(nano_path(), GetParam());
    options_.prefill_chunk = chunk;
    outputs.push_back(Generator(nano.model, 1, 4002).generate({prompt}, options_));
    bytes.push_back(nano.model.arena().bytes());
  }
  expect_equal(outputs[1].sequences[0], outputs[0].sequences[0]);
  EXPECT_LT(bytes[1], bytes[0]);
}

// What auto takes for q, k and v of a decode step sums and rounds as the three projections and the rope apart.
TEST_P(GenerateTest, FusedProjectionsChangeNoBit) {
  const auto prompt = prompts(scene_, nano_.model.config());
  Plan plan;
  plan.add("qkv_rope=split");
  GoldenModel apart(nano_path(), GetParam(), plan);
  expect_equal(Generator(apart.model, 1, 600).generate(prompt, options_).sequences[0], run(prompt).sequences[0]);
}

TEST_P(GenerateTest, NeighboursChangeNoBit) {
  const auto two = prompts(batch_, nano_.model.config());
  ASSERT_GE(two.size(), 2u);
  std::vector<Prompt> many;
  for (int i = 0; i < 6; ++i) many.insert(many.end(), two.begin(), two.end());
  const GenerateOutput together = run(many);
  for (size_t i = 0; i < many.size(); ++i) {
    SCOPED_TRACE(i);
    expect_equal(run({many[i]}).sequences[0], together.sequences[i]);
  }
}

TEST_P(GenerateTest, AKeptPrefixChangesNoBit) {
  const Prompt first = prompts(scene_, nano_.model.config())[0];
  Generator generator(nano_.model, 1, 600);
  const GenerateOutput one = generator.generate({first}, options_);
  EXPECT_EQ(one.stats.reused_tokens, 0);
  // The conversation goes on behind the answer; of that only the first prompt is kept.
  Prompt second = first;
  second.ids.insert(second.ids.end(), one.sequences[0].ids.begin(), one.sequences[0].ids.end());
  for (const int32_t id : {751, 10, 66, 67, 68, 752, 10}) second.ids.push_back(id);
  const GenerateOutput kept = generator.generate({second}, options_);
  EXPECT_EQ(kept.stats.reused_tokens, int64_t(first.ids.size()));
  EXPECT_EQ(kept.stats.patches, 0);
  expect_equal(kept.sequences[0], run({second}).sequences[0]);
}

TEST_P(GenerateTest, ASlotTakesItsPrefixFromAnother) {
  const Prompt first = prompts(scene_, nano_.model.config())[0];
  Prompt second = first;  // the same picture, another question
  for (size_t i = second.ids.size() - 6; i < second.ids.size() - 2; ++i) second.ids[i] = 66 + int32_t(i % 7);
  for (int i = 0; i < 20; ++i) second.ids.push_back(70 + i);
  Generator generator(nano_.model, 2, 600);
  const GenerateOutput both = generator.generate({first, second}, options_);
  EXPECT_GT(both.stats.reused_tokens, 30);
  expect_equal(both.sequences[0], run({first}).sequences[0]);
  expect_equal(both.sequences[1], run({second}).sequences[0]);
}

TEST_P(GenerateTest, AnotherPictureIsNotTakenForTheOldOne) {
  const Prompt first = prompts(scene_, nano_.model.config())[0];
  Generator generator(nano_.model, 1, 600);
  generator.generate({first}, options_);
  Prompt other = first;
  std::vector<float> darker(size_t(first.vision.pixels.numel()));
  for (size_t i = 0; i < darker.size(); ++i) darker[i] = static_cast<const float*>(first.vision.pixels.data)[i] - 0.5f;
  other.vision.pixels.data = darker.data();
  const GenerateOutput out = generator.generate({other}, options_);
  EXPECT_LT(out.stats.reused_tokens, 10);  // up to the picture
  EXPECT_GT(out.stats.patches, 0);
  expect_equal(out.sequences[0], run({other}).sequences[0]);
}

TEST_P(GenerateTest, EndsWhereItShould) {
  const auto prompt = prompts(scene_, nano_.model.config());
  options_.keep_logits = false;
  options_.config.max_new_tokens = 100;
  const GeneratedSequence whole = run(prompt).sequences[0];
  EXPECT_EQ(whole.finish, Finish::stop);
  EXPECT_EQ(whole.ids.back(), 763);
  options_.config.max_new_tokens = 3;
  EXPECT_EQ(run(prompt).sequences[0].finish, Finish::length);
  EXPECT_EQ(run(prompt).sequences[0].ids.size(), 3u);
  options_.config.max_new_tokens.reset();
  EXPECT_EQ(run(prompt).sequences[0].ids, std::vector<int32_t>(whole.ids.begin(), whole.ids.begin() + 20));
  const int64_t longer = int64_t(whole.ids.size()) + 5;
  options_.config.max_new_tokens = longer;
  options_.ignore_eos = true;
  EXPECT_EQ(int64_t(run(prompt).sequences[0].ids.size()), longer);
  options_.ignore_eos = false;
  options_.config.min_new_tokens = longer;
  const auto forced = run(prompt).sequences[0].ids;
  EXPECT_EQ(std::count(forced.begin(), forced.end(), 763), 0);
  EXPECT_EQ(int64_t(forced.size()), longer);
}

TEST_P(GenerateTest, AnEventEndsASequence) {
  Generator generator(nano_.model, 1, 600);
  int seen = 0;
  const auto out = generator.generate(prompts(scene_, nano_.model.config()), options_,
                                      {.prefill = {}, .token = [&](size_t, int32_t) { return ++seen < 4; }});
  EXPECT_EQ(out.sequences[0].finish, Finish::cancelled);
  EXPECT_EQ(out.sequences[0].ids.size(), 4u);
}

TEST_P(GenerateTest, AThoughtIsClosedAtItsBudget) {
  const int32_t open = 760, end = 761, answer = 762;
  options_.config.max_new_tokens = 40;
  options_.thinking = ThinkingBudget{2, open, end, {end, answer}};
  const auto ids = run(prompts(scene_, nano_.model.config())).sequences[0].ids;
  ASSERT_GE(ids.size(), 6u);
  EXPECT_EQ(ids[0], open);
  EXPECT_EQ(ids[3], end);
  EXPECT_EQ(ids[4], answer);
}

// Ids drawn evenly from the whole vocabulary: thoughts open again and again, also within a thought.
TEST_P(GenerateTest, EveryThoughtIsClosedAtItsBudget) {
  const int32_t open = 760, end = 761, answer = 762;
  options_.config.max_new_tokens = 2000;
  options_.config.do_sample = options_.ignore_eos = true;
  options_.config.temperature = 1e6, options_.config.top_k = 0;
  options_.keep_logits = false;
  options_.thinking = ThinkingBudget{2, open, end, {end, answer}};
  Generator generator(nano_.model, 1, 2200);
  const auto ids = generator.generate(prompts(scene_, nano_.model.config()), options_).sequences[0].ids;
  int thoughts = 0;
  for (size_t i = 0; i + 4 < ids.size(); ++i) {
    if (ids[i] != open) continue;
    ++thoughts;
    const size_t close = size_t(std::find(&ids[i + 1], &ids[i + 4], end) - ids.data());
    ASSERT_LT(close, i + 4) << "the thought at " << i << " is longer than its budget";
    if (close == i + 3) {
      EXPECT_EQ(ids[close + 1], answer);
    }
    i = close;
  }
  EXPECT_GE(thoughts, 2);
}

TEST_P(GenerateTest, SamplingFollowsTheSeedAndNotTheNeighbours) {
  const auto two = prompts(batch_, nano_.model.config());
  options_.config.do_sample = true;
  options_.config.temperature = 3;
  options_.config.top_k = 0;
  options_.seed = 5;
  const auto a = run(two), b = run(two);
  expect_equal(a.sequences[0], b.sequences[0]);
  expect_equal(run({two[0]}).sequences[0], a.sequences[0]);
  options_.seed = 6;
  EXPECT_NE(run(two).sequences[0].ids, a.sequences[0].ids);
}

TEST_P(GenerateTest, WhatDoesNotFitIsRefused) {
  const auto prompt = prompts(scene_, nano_.model.config());
  Generator small(nano_.model, 1, int64_t(prompt[0].ids.size()) + 2);
  EXPECT_THROW(small.generate(prompt, options_), Error);
  EXPECT_THROW(small.generate({prompt[0], prompt[0]}, options_), Error);
  options_.config.max_new_tokens = 3;
  EXPECT_NO_THROW(small.generate(prompt, options_));
}

}  // namespace
}  // namespace glimpse
