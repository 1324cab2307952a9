// Decode steps on the device: recorded and replayed launches give the bits of eager ones. Run under ptxvm.
#include "model/decode_step.h"

#include <gtest/gtest.h>

#include "model/checkpoint.h"
#include "model/generate.h"
#include "model/synthetic.h"
#include "scratch_directory.h"
#include "support/budget.h"

namespace glimpse {
namespace {

// Nano's shapes with one layer and one block.
Glm4vConfig tiny() {
  Glm4vConfig config = Glm4vConfig::from_pretrained(std::string(GLIMPSE_TEST_DATA) + "/nano");
  config.text.num_hidden_layers = config.vision.depth = 1;
  return config;
}

class DecodeStepTest : public testing::Test {
 protected:
  DecodeStepTest() {
    write_synthetic_checkpoint(tiny(), 5, scratch_.path());
    checkpoint_.emplace(Checkpoint::open(scratch_.path()));
    model_.emplace(*checkpoint_, tiny(), run_, DType::bf16);
    options_.ignore_eos = options_.keep_logits = true;
    options_.reuse_prefix = false;
  }
  static Prompt prompt(int tokens) {
    Prompt p;
    for (int i = 0; i < tokens; ++i) p.ids.push_back(10 + i * 37 % 700);
    return p;
  }
  GenerateOutput generate(Generator& generator, const std::vector<Prompt>& prompts, bool replay) {
    options_.replay = replay;
    return generator.generate(prompts, options_);
  }
  static void expect_equal(const GenerateOutput& a, const GenerateOutput& b) {
    ASSERT_EQ(a.sequences.size(), b.sequences.size());
    for (size_t i = 0; i < a.sequences.size(); ++i) {
      EXPECT_EQ(a.sequences[i].ids, b.sequences[i].ids);
      EXPECT_TRUE(a.sequences[i].logits == b.sequences[i].logits) << "logits of sequence " << i;  // every bit
    }
  }
  ScratchDirectory scratch_;
  glimpse::Run run_{cuda_backend()};
  std::optional<Checkpoint> checkpoint_;
  std::optional<Glm4vForConditionalGeneration> model_;
  GenerateOptions options_;
};

TEST_F(DecodeStepTest, AThousandReplaysGiveTheBitsOfEagerSteps) {
  constexpr int kTokens = 102, kRounds = 10;
  options_.config.max_new_tokens = kTokens;
  Generator eager(*model_, 1, 128), replayed(*model_, 1, 128);
  const GenerateOutput expected = generate(eager, {prompt(20)}, false);
  for (int i = 0; i < kRounds; ++i) expect_equal(generate(replayed, {prompt(20)}, true), expected);
  EXPECT_EQ(eager.decode().replays(), 0);
  EXPECT_EQ(replayed.decode().replays(), kRounds * (kTokens - 1) - 1);  // all but the first step: 1009
}

TEST_F(DecodeStepTest, SequencesSideBySideAndALongerPromptBetween) {
  options_.config.max_new_tokens = 6;
  Generator eager(*model_, 3, 700), replayed(*model_, 3, 700);
  for (const int tokens : {20, 600, 20}) {  // the longer prompt moves the workspace
    SCOPED_TRACE(tokens);
    const std::vector<Prompt> prompts = {prompt(tokens), prompt(tokens / 2), prompt(33)};
    expect_equal(generate(replayed, prompts, true), generate(eager, prompts, false));
  }
  EXPECT_GT(replayed.decode().replays(), 9);
}

// Eager and replayed steps that are wrong alike would agree with each other.
TEST_F(DecodeStepTest, StepsAreTheCpusWithinTheirRoundings) {
  options_.config.max_new_tokens = 6;
  const std::vector<Prompt> prompts = {prompt(255), prompt(256), prompt(300)};  // around one split of keys, and two
  glimpse::Run host(cpu_backend());
  const auto on_cpu = [&](DType dtype) {
    Glm4vForConditionalGeneration model(*checkpoint_, tiny(), host, dtype);
    Generator generator(model, 3, 400);
    return generate(generator, prompts, false);
  };
  const GenerateOutput exact = on_cpu(DType::f32), rounded = on_cpu(DType::bf16);
  Generator replayed(*model_, 3, 400);
  const GenerateOutput got = generate(replayed, prompts, true);
  const auto vocabulary = size_t(tiny().text.vocab_size);
  for (size_t i = 0; i < prompts.size(); ++i) {
    const auto &a = exact.sequences[i], &b = rounded.sequences[i], &c = got.sequences[i];
    size_t steps = 1;  // whose inputs are the same: up to the first token that differs
    const auto same = [&](size_t step) { return a.ids[step] == b.ids[step] && a.ids[step] == c.ids[step]; };
    while (steps < a.ids.size() && same(steps - 1)) ++steps;
    EXPECT_GE(steps, 3u) << "sequence " << i;
    const auto values = [&](const std::vector<float>& v) {
      return std::vector<double>(v.begin(), v.begin() + ptrdiff_t(steps * vocabulary));
    };
    const test::Expected expected{"logits", DType::bf16, int64_t(vocabulary), values(a.logits), values(b.logits)};
    EXPECT_EQ(test::compare(expected, values(c.logits), false), "") << "sequence " << i << ", " << steps << " steps";
  }
}

TEST_F(DecodeStepTest, ChunksNeighboursAndAKeptPrefixChangeNoBit) {
  options_.config.max_new_tokens = 4;
  const std::vector<Prompt> prompts = {prompt(300), prompt(90)};
  Generator generator(*model_, 8, 320);
  const GenerateOutput whole = generate(generator, prompts, true);
  GenerateOutput first = whole;
  first.sequences.resize(1);
  options_.prefill_chunk = 1;  // as small as it gets: 130
  expect_equal(generate(generator, prompts, true), whole);
  for (const size_t neighbours : {0, 2, 7}) {
    SCOPED_TRACE(neighbours);
    std::vector<Prompt> some = {prompts[0]};
    for (size_t i = 0; i < neighbours; ++i) some.push_back(prompt(20 + int(i)));
    GenerateOutput beside = generate(generator, some, true);
    beside.sequences.resize(1);
    expect_equal(beside, first);
  }
  options_.reuse_prefix = true;
  generate(generator, prompts, true);
  const GenerateOutput again = generate(generator, prompts, true);
  expect_equal(again, whole);
  EXPECT_GT(again.stats.reused_tokens, 200);
}

TEST_F(DecodeStepTest, AnObserverSeesEveryStep) {
  struct Count final : Observer {
    void before(const Event& e) override { steps += std::string_view(e.site.path) == "text.head"; }
    int steps = 0;
  } count;
  options_.config.max_new_tokens = 5;
  Generator generator(*model_, 1, 64);
  run_.add_observer(&count);
  generate(generator, {prompt(20)}, true);
  run_.remove_observer(&count);
  EXPECT_EQ(count.steps, 5);
  EXPECT_EQ(generator.decode().replays(), 0);
}

}  // namespace
}  // namespace glimpse
