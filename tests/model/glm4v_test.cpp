// The forward pass of the small checkpoint against the reference's own tensors.
#include "model/glm4v.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>

#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "media_golden.h"
#include "model/checkpoint.h"

namespace glimpse {
namespace {

std::vector<double> doubles(const TensorView& t) {
  std::vector<double> v(size_t(t.numel()));
  for (size_t i = 0; i < v.size(); ++i) v[i] = oracle::get_at(t, int64_t(i));
  return v;
}

// |got - want| / |want| in the Frobenius norm; 1 where the sizes differ.
double distance(const std::vector<double>& got, const std::vector<double>& want) {
  if (got.size() != want.size() || want.empty()) return 1;
  double error = 0, norm = 0;
  for (size_t i = 0; i < got.size(); ++i) error += (got[i] - want[i]) * (got[i] - want[i]), norm += want[i] * want[i];
  return std::sqrt(error / norm);
}

// Golden name -> what the model computed, of the ops whose output is a golden tensor.
struct Recorder : Observer {
  std::map<std::string, std::vector<double>> seen;

  void after(const Event& e) override {
    const std::string path = e.site.path, layer = std::to_string(e.site.layer);
    static const std::map<std::string, std::string> y_of = {
        {"vision.patch_embed", "vision.patch_embed"}, {"vision.pos_embed", "vision.pos_embed"},
        {"vision.post_norm", "vision.post_norm"},     {"vision.downsample", "vision.downsample"},
        {"vision.merger.proj", "vision.merger.proj"}, {"vision.merger.down", "vision.merger"},
        {"text.embed", "text.embed"},                 {"vision.down", "vision.block."},
        {"vision.norm1", "vision.block.norm1"},       {"text.input_norm", "text.layer.0.input_layernorm"}};
    const bool residual = path == "text.mlp_norm";
    const auto found = y_of.find(path);
    if (e.depth > 0 || (found == y_of.end() && !residual)) return;
    std::string name = residual ? "text.layer." + layer : found->second;
    if (path == "vision.down") name += layer;
    if (path == "vision.norm1") name = "vision.block." + layer + ".norm1";
    e.op.visit(const_cast<void*>(e.args), [&](const char* tensor, TensorView& t, Role role) {
      if (role != Role::in && !std::strcmp(tensor, residual ? "residual" : "y")) seen[name] = doubles(t);
      if (residual && !std::strcmp(tensor, "y")) seen["text.norm"] = doubles(t);
    });
  }
};

struct Case {
  SafetensorsFile inputs, f32, bf16;
  explicit Case(const std::string& name)
      : inputs(golden_path("cases/" + name + "/inputs.safetensors")),
        f32(golden_path("cases/" + name + "/f32.safetensors")),
        bf16(golden_path("cases/" + name + "/bf16.safetensors")) {}

  Prompt prompt() const {
    Prompt p;
    for (const double id : doubles(inputs.view("input_ids"))) p.ids.push_back(int32_t(id));
    if (!inputs.find("pixel_values")) return p;
    const auto grid = doubles(inputs.view("image_grid_thw"));
    for (size_t i = 0; i < grid.size(); i += 3)
      p.images.push_back({int64_t(grid[i]), int64_t(grid[i + 1]), int64_t(grid[i + 2])});
    p.vision.grids = p.images;
    p.vision.pixels = inputs.view("pixel_values");
    return p;
  }
};

struct Result {
  ForwardOutput output;
  std::map<std::string, std::vector<double>> seen;
};

Result run_case(const Case& c, DType dtype) {
  const std::string directory = std::string(GLIMPSE_TEST_DATA) + "/nano";
  const Checkpoint checkpoint = Checkpoint::open(directory);
  Run run(cpu_backend());
  Glm4vForConditionalGeneration model(checkpoint, Glm4vConfig::from_pretrained(directory), run, dtype);
  Recorder recorder;
  run.add_observer(&recorder);
  Result r{model.forward({c.prompt()}), {}};
  r.seen = std::move(recorder.seen);
  r.seen["logits"].assign(r.output.logits.begin(), r.output.logits.end());
  return r;
}

class Forward : public testing::TestWithParam<const char*> {};

TEST_P(Forward, PositionsAreThoseOfTheReference) {
  const Case c(GetParam());
  const Result r = run_case(c, DType::f32);
  const auto want = doubles(c.inputs.view("position_ids"));  // [3, 1, S]
  const auto& got = r.output.layouts[0].positions;           // [S, 3]
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], want[i % 3 * (got.size() / 3) + i / 3]) << i;
  EXPECT_EQ(double(r.output.rope_deltas[0]), doubles(c.inputs.view("rope_deltas"))[0]);
}

TEST_P(Forward, F32TensorsWithin2e5OfTheReference) {
  const Case c(GetParam());
  const Result r = run_case(c, DType::f32);
  size_t compared = 0;
  for (const auto& [name, got] : r.seen) {
    if (!c.f32.find(name)) continue;
    EXPECT_LE(distance(got, doubles(c.f32.view(name))), 2e-5) << name;
    ++compared;
  }
  EXPECT_GE(compared, c.inputs.find("pixel_values") ? 17u : 8u);
}

TEST_P(Forward, Bf16WithinTwiceTheReferencesOwnError) {
  const Case c(GetParam());
  const Result r = run_case(c, DType::bf16);
  size_t compared = 0;
  for (const auto& [name, got] : r.seen) {
    if (!c.f32.find(name) || !c.bf16.find(name)) continue;
    const auto exact = doubles(c.f32.view(name));
    EXPECT_LE(distance(got, exact), 2 * distance(doubles(c.bf16.view(name)), exact)) << name;
    ++compared;
  }
  EXPECT_GE(compared, c.inputs.find("pixel_values") ? 17u : 8u);
}

INSTANTIATE_TEST_SUITE_P(Nano, Forward, testing::Values("text_only", "scene"));

TEST(ForwardErrors, DisagreeingPicturesAreRefused) {
  const std::string directory = std::string(GLIMPSE_TEST_DATA) + "/nano";
  const Checkpoint checkpoint = Checkpoint::open(directory);
  glimpse::Run run(cpu_backend());
  Glm4vForConditionalGeneration model(checkpoint, Glm4vConfig::from_pretrained(directory), run, DType::f32);
  const Prompt good = Case("scene").prompt();
  Prompt without = good;
  without.images.clear(), without.vision = {};
  EXPECT_THROW(model.forward({without}), Error);
  Prompt outside = good;
  outside.ids[0] = 768;
  EXPECT_THROW(model.forward({outside}), Error);
  EXPECT_THROW(model.forward({Prompt{}}), Error);
}

}  // namespace
}  // namespace glimpse
