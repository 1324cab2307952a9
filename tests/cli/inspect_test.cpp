// glimpse inspect: counts, and a memory plan that equals what a real run takes.
#include <gtest/gtest.h>

#include <map>

#include "glimpse/core/run.h"
#include "model/generate.h"
#include "model/json.h"
#include "model/processor_files.h"
#include "program.h"
#include "tools/glimpse/memory_plan.h"

namespace glimpse {
namespace {

Json json_of(const std::vector<std::string>& arguments) {
  const Outcome o = glimpse_program(arguments);
  EXPECT_LT(o.peak_kb, 500 * 1024) << "more than the headers were read";
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.err, "");
  return parse_json(o.out, "the program's output");
}

TEST(Inspect, TheSmallCheckpoint) {
  const Json json = json_of({"inspect", "-m", nano_model(), "--tensors", "--json"});
  const Glm4vConfig config = Glm4vConfig::from_pretrained(nano_model());
  EXPECT_EQ(json["parameters"], config.parameter_count());
  EXPECT_EQ(json["bytes"], 2 * config.parameter_count());  // all of it bf16
  EXPECT_EQ(json["tensor_count"], checkpoint_tensors(config).size());
  EXPECT_EQ(json["tensors"].size(), checkpoint_tensors(config).size());
  EXPECT_EQ(json["kv_bytes_per_token"]["bf16"], config.text.kv_bytes_per_token(2));
  EXPECT_TRUE(json["wrong"].empty());
  EXPECT_TRUE(json["unused"].empty());
}

// A few seconds and a few megabytes, although the files claim 20 GB: nothing but headers is read.
TEST(Inspect, TheSparse9bHasTheParametersOfTheModelCard) {
  const ScratchDirectory scratch;
  const std::string directory = (scratch.path() / "sparse").string();
  ASSERT_EQ(run_program(GLIMPSE_MAKE_CHECKPOINT, {"--like", nano_model(), "--sparse-9b", directory}).status, 0);
  const Json json = json_of({"inspect", "-m", directory, "--plan", "--image", "1344x1344", "--context", "65536",
                             "--dtype", "bf16", "--device", "cpu", "--json"});
  EXPECT_EQ(json["parameters"], 10292777472);
  EXPECT_EQ(json["tensor_count"], 704);
  EXPECT_EQ(json["files"], 4);
  EXPECT_EQ(json["kv_bytes_per_token"]["bf16"], 40960);
  EXPECT_EQ(json["plan"]["kv_cache_bytes"], int64_t(40960) * 65536);
  EXPECT_EQ(json["plan"]["buffers"]["text.mlp"], int64_t(512) * 13696 * 2);
  EXPECT_EQ(json["plan"]["mapped_weight_bytes"], 2 * int64_t(10292777472));
  const std::string text = glimpse_program({"inspect", "-m", directory}).out;
  EXPECT_NE(text.find("10,292,777,472"), text.npos) << text;
}

// Device memory counted while a real run allocates it: the processor's own backend, with a ledger.
struct Counted {
  static inline std::map<void*, size_t> bytes;
  static inline int64_t current = 0, peak = 0;
  static void* allocate(size_t n) {
    void* data = cpu_backend().allocator().allocate(n);
    bytes[data] = n;
    peak = std::max(peak, current += int64_t(n));
    return data;
  }
  static void release(void* data) {
    current -= int64_t(bytes[data]);
    bytes.erase(data);
    cpu_backend().allocator().release(data);
  }
};

class CountingBackend final : public Backend {
 public:
  const DeviceInfo& info() const override { return cpu_backend().info(); }
  Allocator allocator() const override { return {Counted::allocate, Counted::release}; }
  void upload(void* to, const void* from, size_t n) override { cpu_backend().upload(to, from, n); }
  void download(void* to, const void* from, size_t n) override { cpu_backend().download(to, from, n); }
  void copy(void* to, const void* from, size_t n) override { cpu_backend().copy(to, from, n); }
  void synchronize() override {}
};

class PlanEqualsRun : public testing::TestWithParam<DType> {};

TEST_P(PlanEqualsRun, BufferForBuffer) {
  const Checkpoint checkpoint = Checkpoint::open(nano_model());
  const Glm4vConfig config = Glm4vConfig::from_pretrained(nano_model());
  const ProcessorFields fields = image_processor_fields(nano_model());
  const ImageProcessorOptions options = image_processor_options({fields.fields, fields.source});
  constexpr int64_t kContext = 200, kChunk = 60;
  GenerateOptions generate;
  generate.prefill_chunk = kChunk, generate.config.max_new_tokens = 1;
  const cli::MemoryPlan plan = cli::plan_memory(checkpoint, config, options,
                                                {.pictures = {{224, 168}},
                                                 .context = kContext,
                                                 .generate = generate,
                                                 .dtype = GetParam(),
                                                 .kernels = {},
                                                 .threads = 1},
                                                cpu_backend().info());
  // The same prompt, run.
  const Image picture{168, 224, std::vector<uint8_t>(224 * 168 * 3, 90)};
  PixelBatch batch = Glm4vImageProcessorFast(options).preprocess(picture);
  Prompt prompt;
  const auto& [t, h, w] = batch.grid_thw[0];
  prompt.images = prompt.vision.grids = {{t, h, w}};
  prompt.vision.pixels = TensorView::dense(batch.patches.data(), DType::u8, {batch.rows, batch.columns});
  prompt.vision.table = TensorView::dense(batch.table.data(), DType::f32, {3, 256});
  prompt.ids.push_back(int32_t(config.image_start_token_id));
  prompt.ids.insert(prompt.ids.end(), size_t(t * h * w / 4), int32_t(config.image_token_id));
  prompt.ids.push_back(int32_t(config.image_end_token_id));
  prompt.ids.resize(kContext, 0);
  CountingBackend backend;
  Counted::current = Counted::peak = 0;
  glimpse::Run run(backend, {}, 1);
  Glm4vForConditionalGeneration model(checkpoint, config, run, GetParam());
  Generator generator(model, 1, kContext);
  generator.generate({prompt}, generate);

  ASSERT_EQ(plan.pictures.size(), 1u);
  EXPECT_EQ(plan.pictures[0].patches, t * h * w);
  EXPECT_EQ(plan.buffers, model.arena().buffers());
  EXPECT_EQ(plan.decode, generator.decode().arena().bytes());
  EXPECT_EQ(plan.workspace, int64_t(run.workspace().peak()));
  EXPECT_GT(plan.workspace, 0);
  EXPECT_EQ(plan.kv_cache, generator.cache().bytes());
  // Scratch grows in pieces while a first run finds out how much it needs: at most once more than the plan's.
  EXPECT_GE(Counted::peak, plan.peak - plan.workspace);
  EXPECT_LE(Counted::peak, plan.peak + plan.workspace);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, PlanEqualsRun, testing::Values(DType::f32, DType::bf16),
                         [](const auto& i) { return std::string(name_of(i.param)); });

}  // namespace
}  // namespace glimpse
