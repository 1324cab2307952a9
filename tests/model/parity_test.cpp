// The whole model against the reference's tensors, and that a wrong kernel is found where it goes wrong.
#include "model/parity.h"

#include <gtest/gtest.h>

#include <functional>

#include "glimpse/core/op.h"
#include "glimpse/ops/attention.h"
#include "glimpse/ops/norm_add_norm.h"
#include "glimpse/ops/pos_embed.h"
#include "glimpse/ops/qkv_rope.h"
#include "golden_model.h"
#include "model/synthetic.h"

namespace glimpse {
namespace {

std::string first_fault(const ParityReport& report) {
  const ParityRow* row = report.first_fault();
  return row ? row->name : "";
}

std::string sentence(const ParityReport& report) {
  const ParityRow* row = report.first_fault();
  if (!row) return "";
  return row->name + ": relative " + std::to_string(row->relative) + ", bound " + std::to_string(row->bound) + ", " +
         std::to_string(row->different) + " differ, " + row->note;
}

const ParityRow* find(const ParityReport& report, const std::string& name) {
  for (const ParityRow& row : report.rows)
    if (row.name == name) return &row;
  return nullptr;
}

// The case agrees, and every tensor it names was judged.
void expect_parity(Parity& parity, const std::filesystem::path& path, DType dtype) {
  SCOPED_TRACE(path.string());
  const ParityReport report = parity.compare(path);
  EXPECT_EQ("", sentence(report));
  const GoldenCase golden(path, dtype);
  for (const auto& [name, tensor] : (golden.bf16 ? *golden.bf16 : golden.f32).tensors()) {
    const ParityRow* row = find(report, name);
    ASSERT_NE(nullptr, row) << name;
    EXPECT_TRUE(row->exact || row->relative > 0 || name == "text.embed") << name << " is suspiciously exact";
    // Rounded logits may tie: where a bf16 token differs, what follows is shown and not judged.
    EXPECT_TRUE(row->judged() || (dtype == DType::bf16 && name.rfind("generate.", 0) == 0)) << name;
  }
}

class ParityTest : public testing::TestWithParam<DType> {};

TEST_P(ParityTest, PicturesTextAndPaddedBatch) {
  GoldenModel nano(nano_path(), GetParam());
  const auto cases = find_golden_cases(golden_path("cases"));
  EXPECT_GE(cases.size(), 4u);
  for (const auto& path : cases) expect_parity(nano.parity, path, GetParam());
}

TEST_P(ParityTest, TwoVideos) {
  GoldenModel nano(nano_path(), GetParam());
  expect_parity(nano.parity, golden_path("video/two_videos"), GetParam());
}

// Checkpoints of other widths, made from their formula: `wide` has those of the 9B model.
class SyntheticParity : public testing::TestWithParam<const char*> {};

TEST_P(SyntheticParity, BothDtypes) {
  const std::filesystem::path golden = golden_path("synthetic") / GetParam();
  const ScratchDirectory directory;
  for (const char* file : {"tokenizer.json", "tokenizer_config.json", "preprocessor_config.json",
                           "generation_config.json"})
    std::filesystem::copy_file(nano_path() / file, directory.path() / file);
  std::filesystem::copy_file(golden / "config.json", directory.path() / "config.json");
  const uint64_t seed = read_json_file(golden / "checkpoint.json")["seed"];
  write_synthetic_checkpoint(Glm4vConfig::from_pretrained(directory.path()), seed, directory.path());
  for (const DType dtype : {DType::f32, DType::bf16}) {
    GoldenModel model(directory.path(), dtype);
    for (const auto& path : find_golden_cases(golden)) expect_parity(model.parity, path, dtype);
  }
}

std::string dtype_name(const testing::TestParamInfo<DType>& info) { return name_of(info.param); }
std::string config_name(const testing::TestParamInfo<const char*>& info) { return info.param; }

INSTANTIATE_TEST_SUITE_P(Golden, ParityTest, testing::Values(DType::f32, DType::bf16), dtype_name);
INSTANTIATE_TEST_SUITE_P(Golden, SyntheticParity, testing::Values("gqa16", "wide"), config_name);

// Registers a variant that hands changed arguments to a right one. It is never chosen unless it is forced.
template <class Args> void add_wrong(void (*run)(const Args&, Context&)) {
  Variant<Args> wrong{};
  wrong.name = "wrong", wrong.run = run, wrong.device = Device::cpu, wrong.deterministic = false, wrong.file = __FILE__;
  if (op_of<Args>().find("wrong") < 0) add(wrong);
}

template <class Args> void run_right(const char* variant, const Args& args, Context& ctx) {
  const OpBase& op = op_of<Args>();
  op.run(op.find(variant), &args, ctx);
}

std::string first_fault_with(const char* rule, const char* name = "scene") {
  Plan plan;
  plan.add(rule);
  return first_fault(GoldenModel(nano_path(), DType::f32, plan).parity.compare(golden_path("cases") / name));
}

TEST(ParityFindsWrongKernels, NormsInTheWrongOrder) {
  add_wrong<op::NormAddNorm>([](const op::NormAddNorm& a, Context& ctx) {
    op::NormAddNorm swapped = a;
    std::swap(swapped.post, swapped.pre);
    run_right("scalar", swapped, ctx);
  });
  EXPECT_EQ("text.layer.0.post_self_attn_layernorm", first_fault_with("norm_add_norm=wrong"));
  EXPECT_EQ("text.layer.0.post_mlp_layernorm", first_fault_with("norm_add_norm.text.mlp_norm=wrong"));
  EXPECT_EQ("text.layer.2", first_fault_with("norm_add_norm[2-3]=wrong"));
}

TEST(ParityFindsWrongKernels, BilinearPositions) {
  add_wrong<op::PosEmbed>([](const op::PosEmbed& a, Context& ctx) {
    op::PosEmbed bilinear = a;
    bilinear.method = op::Interpolation::bilinear;
    run_right("scalar", bilinear, ctx);
  });
  EXPECT_EQ("vision.pos_embed", first_fault_with("pos_embed=wrong"));
}

TEST(ParityFindsWrongKernels, QueriesForKeys) {
  add_wrong<op::QkvRope>([](const op::QkvRope& a, Context& ctx) {
    op::QkvRope swapped = a;
    std::swap(swapped.wq, swapped.wk), std::swap(swapped.bias_q, swapped.bias_k);
    run_right("split", swapped, ctx);
  });
  EXPECT_EQ("vision.block.0.qkv", first_fault_with("qkv_rope.vision=wrong"));
  EXPECT_EQ("vision.block.3", first_fault_with("qkv_rope.vision[3]=wrong"));
  // The picture is that of the second sequence: the text of the first is computed before it, and is right.
  EXPECT_EQ("vision.merger", first_fault_with("qkv_rope.vision=wrong", "batch"));
}

TEST(ParityFindsWrongKernels, OnlyWhereOneTokenIsDecoded) {
  add_wrong<op::Attention>([](const op::Attention& a, Context& ctx) {
    op::Attention flat = a;
    if (a.max_q == 1) flat.scale *= 0.9f;
    run_right("scalar", flat, ctx);
  });
  EXPECT_EQ("generate.logits", first_fault_with("attention.text=wrong"));
}

// A copy of text_only whose f32 tensors were changed by `edit`.
using Tensors = std::vector<std::pair<TensorEntry, std::vector<char>>>;

ParityReport edited_report(const std::function<void(Tensors&)>& edit) {
  const ScratchDirectory directory;
  const std::filesystem::path from = golden_path("cases/text_only"), to = directory.path() / "edited";
  std::filesystem::copy(from, to);
  std::filesystem::remove(to / "f32.safetensors");
  const SafetensorsFile file(from / "f32.safetensors");
  Tensors tensors;
  for (const auto& [name, t] : file.tensors()) {
    const auto* data = reinterpret_cast<const char*>(t.data);
    tensors.push_back({{name, t.dtype, t.shape}, {data, data + t.bytes}});
  }
  edit(tensors);
  std::vector<TensorEntry> entries;
  for (const auto& [entry, bytes] : tensors) entries.push_back(entry);
  SafetensorsWriter writer(to / "f32.safetensors", entries);
  for (const auto& [entry, bytes] : tensors) writer.write(bytes.data(), bytes.size());
  writer.finish();
  return GoldenModel(nano_path()).parity.compare(to);
}

// The tensor of that name.
std::pair<TensorEntry, std::vector<char>>& named(Tensors& tensors, const std::string& name) {
  return *std::find_if(tensors.begin(), tensors.end(), [&](const auto& t) { return t.first.name == name; });
}

TEST(ParityOfOtherGoldens, OneWrongValueIsFound) {
  EXPECT_EQ("", sentence(edited_report([](Tensors&) {})));
  EXPECT_EQ("text.layer.1", first_fault(edited_report([](Tensors& t) {
              reinterpret_cast<float*>(named(t, "text.layer.1").second.data())[700] += 0.125f;
            })));
  EXPECT_EQ("text.norm", first_fault(edited_report([](Tensors& t) {
              reinterpret_cast<float*>(named(t, "text.norm").second.data())[5] = std::nanf("");
            })));
}

TEST(ParityOfOtherGoldens, NothingIsSkipped) {
  EXPECT_EQ("text.layer.0.gate", first_fault(edited_report([](Tensors& t) {
              named(t, "text.layer.3").first.name = "text.layer.0.gate";
            })));
  EXPECT_EQ("text.layer.9", first_fault(edited_report([](Tensors& t) {
              named(t, "text.layer.3").first.name = "text.layer.9";
            })));
  const auto reshaped = [](std::vector<int64_t> shape) {
    return first_fault(edited_report([&](Tensors& t) { named(t, "text.embed").first.shape = shape; }));
  };
  EXPECT_EQ("text.embed", reshaped({1, 28, 128}));
  EXPECT_EQ("text.embed", reshaped({2, 7, 256}));
  EXPECT_EQ("text.embed", reshaped({14, 256}));
}

TEST(ParityOfOtherGoldens, MissingCasesAreNamed) {
  const ScratchDirectory directory;
  EXPECT_NE("", sentence_of([&] { find_golden_cases(directory.path() / "absent"); }));
  EXPECT_NE("", sentence_of([&] { find_golden_cases(directory.path()); }));
  EXPECT_NE("", sentence_of([&] { find_golden_cases(golden_path("cases"), "absent"); }));
  EXPECT_EQ(1u, find_golden_cases(golden_path("cases"), "scene").size());
  EXPECT_EQ(1u, find_golden_cases(golden_path("cases/scene")).size());
  directory.write("cases/one/inputs.safetensors", "");
  EXPECT_EQ(1u, find_golden_cases(directory.path()).size());
  directory.write("cases/two/case.json", "{}");
  EXPECT_NE(std::string::npos, sentence_of([&] { find_golden_cases(directory.path()); }).find("two"));
  EXPECT_NE("", sentence_of([&] { GoldenCase(directory.path() / "cases" / "one", DType::f32); }));
}

}  // namespace
}  // namespace glimpse
