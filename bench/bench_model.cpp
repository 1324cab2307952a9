// The whole model: load, vision, prefill, decode. bench_model -m DIR [--picture 448x336] [--tokens 372] [--dtype bf16]
// Each phase is timed by itself over the same prompt: a picture of noise and random text ids. Bytes a second of decode
// are compared with this machine's reads, flops a second of vision and prefill with its best f32 product, in one run.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "glimpse/core/op.h"
#include "glimpse/core/philox.h"
#include "model/checkpoint.h"
#include "model/generate.h"
#include "model/hub.h"
#include "model/image_processor.h"
#include "model/processor_files.h"
#include "probe.h"
#include "tools/wait_policy.h"

namespace glimpse::bench {
namespace {

struct Options {
  std::string model, dtype = "f32";
  std::vector<std::string> kernels;
  int64_t width = 448, height = 336, tokens = 372, new_tokens = 64;
  int threads = 0;
  bool once = false;
};

// Work and bytes of every op that ran, from the ops' own cost functions.
class Work final : public Observer {
 public:
  void after(const Event& e) override {
    if (e.depth > 0) return;
    const Cost cost = e.op.cost(e.args);
    flops += cost.flops, bytes += cost.bytes;
  }
  double flops = 0, bytes = 0;
};

struct Bench {
  explicit Bench(const Options& o)
      : options(o), directory(resolve_model(o.model)), config(Glm4vConfig::from_pretrained(directory)),
        checkpoint(Checkpoint::open(directory)), run(cpu_backend(), plan(o), o.threads),
        model(checkpoint, config, run, o.dtype == "bf16" ? DType::bf16 : DType::f32) {
    const ProcessorFields fields = image_processor_fields(directory);
    ImageProcessorOptions processor = image_processor_options(JsonObject(fields.fields, fields.source + ": "));
    processor.want_pixel_values = false;
    Image picture{o.height, o.width, std::vector<uint8_t>(size_t(3 * o.height * o.width))};
    for (size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = uint8_t(i * 2654435761u >> 13);
    pixels = Glm4vImageProcessor(processor).preprocess(picture);
    const auto& [t, h, w] = pixels.grid_thw[0];
    prompt.images = prompt.vision.grids = {{t, h, w}};
    prompt.vision.pixels = TensorView::dense(pixels.patches.data(), DType::u8, {pixels.rows, pixels.columns});
    prompt.vision.table = TensorView::dense(pixels.table.data(), DType::f32, {3, 256});
    const int64_t merge = config.vision.spatial_merge_size, image_tokens = pixels.rows / (merge * merge);
    prompt.ids.assign(size_t(image_tokens), int32_t(config.image_token_id));
    for (int64_t i = image_tokens; i < std::max(o.tokens, image_tokens + 16); ++i)
      prompt.ids.push_back(int32_t(10 + i * 7919 % 200));
    generation.reuse_prefix = false, generation.ignore_eos = true;
    generation.config.max_new_tokens = o.new_tokens;
  }
  static Plan plan(const Options& o) {
    Plan p;
    for (const std::string& rule : o.kernels) p.add(rule);
    return p;
  }
  Options options;
  std::filesystem::path directory;
  Glm4vConfig config;
  Checkpoint checkpoint;
  Run run;
  Glm4vForConditionalGeneration model;
  PixelBatch pixels;
  Prompt prompt;
  GenerateOptions generation;
  double read_rate = 0, product_rate = 0;
};

void load(benchmark::State& state, const Bench& b) {
  for (auto _ : state) {
    const Checkpoint checkpoint = Checkpoint::open(b.directory);
    Run run(cpu_backend(), {}, b.options.threads);
    const Glm4vForConditionalGeneration model(checkpoint, b.config, run, DType::f32);
    benchmark::DoNotOptimize(&model);
  }
}

// seconds: which phase of a generation is reported.
void phase(benchmark::State& state, Bench& b, double GenerateStats::*seconds, const char* unit, bool decode) {
  GenerateOptions options = b.generation;
  if (!decode) options.config.max_new_tokens = 1;
  double total = 0, units = 0;
  Generator generator(b.model, 1, int64_t(b.prompt.ids.size()) + *options.config.max_new_tokens);
  for (auto _ : state) {
    const GenerateStats s = generator.generate({b.prompt}, options).stats;
    state.SetIterationTime(s.*seconds);
    total += s.*seconds;
    units += decode ? double(s.decode_steps) : seconds == &GenerateStats::vision_seconds ? double(s.patches)
                                                                                        : double(s.prompt_tokens);
  }
  state.counters[unit] = units / total;
}

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_maxrss) * 1024e-6;
}

void limits(Bench& b, double decode_seconds, double prefill_seconds, double vision_seconds) {
  // Work of each phase, counted by the ops in a run that is not timed.
  Generator generator(b.model, 1, int64_t(b.prompt.ids.size()) + 2);
  Work vision, prompt, both;
  b.run.add_observer(&vision);
  b.model.encode(b.prompt);
  b.run.remove_observer(&vision);
  GenerateOptions one = b.generation;
  one.config.max_new_tokens = 1;
  b.run.add_observer(&prompt);
  generator.generate({b.prompt}, one);
  b.run.remove_observer(&prompt);
  one.config.max_new_tokens = 2;
  b.run.add_observer(&both);
  generator.generate({b.prompt}, one);
  b.run.remove_observer(&both);
  const double product = sgemm_rate(b.run.threads(), 5), reads = read_bandwidth(b.run.threads(), 5);
  const double prefill_flops = prompt.flops - vision.flops, step_bytes = both.bytes - prompt.bytes;
  std::printf("best f32 product %.1f GFLOP/s, best read %.2f GB/s\n", 1e-9 * product, 1e-9 * reads);
  std::printf("vision   %7.1f GFLOP/s  %5.1f %% of the product\n", 1e-9 * vision.flops / vision_seconds,
              100 * vision.flops / vision_seconds / product);
  std::printf("prefill  %7.1f GFLOP/s  %5.1f %% of the product\n", 1e-9 * prefill_flops / prefill_seconds,
              100 * prefill_flops / prefill_seconds / product);
  std::printf("decode   %7.2f GB/s     %5.1f %% of the reads\n", 1e-9 * step_bytes / decode_seconds,
              100 * step_bytes / decode_seconds / reads);
}

// One generation behind a warm one, as JSON: what compare.py reads.
void once(Bench& b) {
  Generator generator(b.model, 1, int64_t(b.prompt.ids.size()) + b.options.new_tokens);
  generator.generate({b.prompt}, b.generation);
  const GenerateStats s = generator.generate({b.prompt}, b.generation).stats;
  std::printf("{\"vision\": %.6f, \"prefill\": %.6f, \"decode\": %.6f, \"peak_mb\": %.1f}\n", s.vision_seconds,
              s.prefill_seconds, s.decode_seconds / double(std::max<int64_t>(s.decode_steps, 1)), peak_megabytes());
}

void run_all(const Options& options) {
  Bench b(options);
  if (options.once) return once(b);
  using benchmark::RegisterBenchmark;
  const auto manual = [](benchmark::internal::Benchmark* one) { one->UseManualTime()->Unit(benchmark::kMillisecond); };
  RegisterBenchmark("load", [&](benchmark::State& s) { load(s, b); })->Unit(benchmark::kMillisecond)->UseRealTime();
  manual(RegisterBenchmark("vision", [&](benchmark::State& s) {
    phase(s, b, &GenerateStats::vision_seconds, "patches/s", false);
  }));
  manual(RegisterBenchmark("prefill", [&](benchmark::State& s) {
    phase(s, b, &GenerateStats::prefill_seconds, "tokens/s", false);
  }));
  manual(RegisterBenchmark("decode", [&](benchmark::State& s) {
    phase(s, b, &GenerateStats::decode_seconds, "tokens/s", true);
  }));
  benchmark::RunSpecifiedBenchmarks();
  Generator generator(b.model, 1, int64_t(b.prompt.ids.size()) + options.new_tokens);
  GenerateStats best{};
  for (int i = 0; i < 3; ++i) {
    const GenerateStats s = generator.generate({b.prompt}, b.generation).stats;
    for (const auto field : {&GenerateStats::vision_seconds, &GenerateStats::prefill_seconds,
                             &GenerateStats::decode_seconds})
      best.*field = i == 0 ? s.*field : std::min(best.*field, s.*field);
    best.decode_steps = s.decode_steps;
  }
  const double peak = peak_megabytes();  // the probes' buffers are not the model's
  limits(b, best.decode_seconds / double(std::max<int64_t>(best.decode_steps, 1)), best.prefill_seconds,
         best.vision_seconds);
  std::printf("peak memory %.1f MB, checkpoint %.1f MB\n", peak, 1e-6 * double(b.checkpoint.total_bytes()));
}

}  // namespace
}  // namespace glimpse::bench

int main(int argc, char** argv) {
  glimpse::spin_briefly(argv);
  CLI::App app("Times load, vision, prefill and decode of a model on the CPU", "bench_model");
  glimpse::bench::Options options;
  std::string picture = "448x336";
  app.add_option("-m,--model", options.model, "model directory, or org/name in the local cache")->required();
  app.add_option("--picture", picture, "width x height of the picture");
  app.add_option("--tokens", options.tokens, "tokens of the prompt, the picture's among them");
  app.add_option("--new-tokens", options.new_tokens, "tokens decoded")->check(CLI::Range(2, 1 << 20));
  app.add_option("--dtype", options.dtype, "of activations: f32 or bf16")->check(CLI::IsMember({"f32", "bf16"}));
  app.add_option("--kernel", options.kernels, "op[.site][layers]=variant")->expected(1)->take_all();
  app.add_option("--threads", options.threads, "CPU threads; 0: all");
  app.add_flag("--once", options.once, "one warm generation: seconds of vision, prefill and a decoded token, as JSON");
  app.allow_extras()->footer("--benchmark_filter=, --benchmark_format= and the like are Google Benchmark's.");
  CLI11_PARSE(app, argc, argv);
  std::vector<char*> rest{argv[0]};
  std::vector<std::string> words = app.remaining();
  for (std::string& word : words) rest.push_back(word.data());
  int count = int(rest.size());
  benchmark::Initialize(&count, rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 2;
  try {
    char end = 0;
    const int parts = std::sscanf(picture.c_str(), "%ldx%ld%c", &options.width, &options.height, &end);
    GLIMPSE_CHECK(parts == 2 && options.width > 0 && options.height > 0 && options.width * options.height < 100000000,
                  "--picture %s is not WIDTHxHEIGHT, for example 448x336", picture.c_str());
    glimpse::bench::run_all(options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_model: %s\n", e.what());
    return 1;
  }
  benchmark::Shutdown();
  return 0;
}
