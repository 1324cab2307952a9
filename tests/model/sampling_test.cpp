// Probabilities after all processors against the reference's (spec 9.2): the cut set exactly, values to 1e-6.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "glimpse/core/run.h"
#include "glimpse/core/safetensors.h"
#include "glimpse/ops/sample.h"

namespace glimpse {
namespace {

// Which of equal scores survive top-p the reference leaves to an unstable sort (spec 9.2): there the number counts, so
// the two sets may differ only in tokens as likely as the least one that is kept.
void expect_equal(const std::vector<float>& got, const float* want, const std::string& name) {
  const auto kept = [](float p) { return p > 0; };
  EXPECT_EQ(std::count_if(got.begin(), got.end(), kept), std::count_if(want, want + got.size(), kept))
      << "case " << name;
  float least = 1;
  for (size_t c = 0; c < got.size(); ++c)
    if (want[c] > 0) least = std::min(least, want[c]);
  for (size_t c = 0; c < got.size(); ++c)
    EXPECT_NEAR(got[c], kept(got[c]) == kept(want[c]) ? want[c] : got[c] > 0 ? least : got[c] + want[c] - least, 1e-6)
        << "case " << name << ", id " << c;
}

// Equal logits: what is cut weighs at most float32(1 - p), p being a double. 1 - float32(p) would keep one more.
TEST(Sampling, TheTopPBoundaryIsTheReferences) {
  glimpse::Run run(cpu_backend());
  for (const auto& [p, kept] : {std::pair(0.6, 3), std::pair(0.8, 4)}) {
    std::vector<float> logits(5, 1.f), probs(5);
    int32_t token = -1;
    op::Sample a;
    a.logits = TensorView::dense(logits.data(), DType::f32, {1, 5});
    a.probs = TensorView::dense(probs.data(), DType::f32, {1, 5});
    a.token = TensorView::dense(&token, DType::i32, {1});
    a.do_sample = true, a.top_p = p;
    run(a, "sample");
    EXPECT_EQ(std::count_if(probs.begin(), probs.end(), [](float v) { return v > 0; }), kept) << p;
  }
}

TEST(Sampling, NotANumberIsAnError) {
  glimpse::Run run(cpu_backend());
  std::vector<float> logits(5, std::numeric_limits<float>::quiet_NaN());
  int32_t token = -1;
  op::Sample a;
  a.logits = TensorView::dense(logits.data(), DType::f32, {1, 5});
  a.token = TensorView::dense(&token, DType::i32, {1});
  EXPECT_THROW(run(a, "sample"), Error);
}

TEST(Sampling, ProbabilitiesEqualTheReference) {
  const std::string folder = std::string(GLIMPSE_TEST_DATA) + "/golden/sampling/";
  const auto settings = nlohmann::json::parse(std::ifstream(folder + "cases.json"));
  const SafetensorsFile file(folder + "cases.safetensors");
  glimpse::Run run(cpu_backend());
  ASSERT_EQ(settings.size(), 24u);
  for (size_t i = 0; i < settings.size(); ++i) {
    const auto& s = settings[i];
    const std::string name = std::to_string(i);
    const TensorView previous = file.view(name + ".previous"), wanted = file.view(name + ".probabilities");
    const auto* ids = static_cast<const int64_t*>(previous.data);
    std::vector<int32_t> history(ids, ids + previous.numel()), token(1);
    int32_t length = int32_t(history.size());
    const int64_t n = wanted.numel();
    std::vector<float> probs(size_t(n), -1.f);
    op::Sample a;
    a.logits = TensorView::dense(file.view(name + ".logits").data, DType::f32, {1, n});
    a.history = TensorView::dense(history.data(), DType::i32, {1, length});
    a.history_len = TensorView::dense(&length, DType::i32, {1});
    a.probs = TensorView::dense(probs.data(), DType::f32, {1, n});
    a.token = TensorView::dense(token.data(), DType::i32, {1});
    a.do_sample = true, a.temperature = s.at("temperature"), a.top_k = s.at("top_k"), a.top_p = s.at("top_p");
    a.repetition_penalty = s.at("repetition_penalty"), a.seed = i;
    run(a, "sample");
    expect_equal(probs, static_cast<const float*>(wanted.data), name);
    EXPECT_GT(probs[size_t(token[0])], 0) << "case " << i << " drew a token that is cut";
  }
}

}  // namespace
}  // namespace glimpse
