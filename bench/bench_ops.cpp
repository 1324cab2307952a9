// Every op x variant x bench case of the registry, no op by name: bytes and flops a second, and as percentages of what
// this machine was measured to do. Own flags: --hot (one set of arguments, in cache where it fits; otherwise the sets
// rotate through more than three last-level caches), --threads=N, --device=cuda (gpu_ops.h), --plugin=FILE.so; the
// rest are Google Benchmark's (--benchmark_filter=, --benchmark_format=json, ...).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "device_case.h"
#include "glimpse/core/op.h"
#include "glimpse/core/run.h"
#include "gpu_ops.h"
#include "probe.h"
#include "tools/wait_policy.h"

namespace glimpse::bench {
namespace {

struct Options {
  bool hot = false;
  std::string device = "cpu";
  int threads = usable_threads();
};

struct Limits {
  double read = 0, sgemm = 0, fma = 0;
};

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Empty, or why these numbers cannot be: then they are not reported.
std::string impossible(double bytes_per_second, double flops_per_second, const Limits& limits, bool hot) {
  char text[200] = "";
  if (!hot && bytes_per_second > 1.05 * limits.read)
    std::snprintf(text, sizeof text, "%.1f GB/s from memory is more than the %.1f GB/s this machine can read: the data "
                  "came from a cache, or the work was not done", bytes_per_second * 1e-9, limits.read * 1e-9);
  else if (flops_per_second > 1.05 * limits.fma)
    std::snprintf(text, sizeof text, "%.1f GFLOP/s is more than the %.1f GFLOP/s of this machine's multiply-add units: "
                  "the work was not done", flops_per_second * 1e-9, limits.fma * 1e-9);
  return text;
}

void bench(benchmark::State& state, const OpBase& op, int v, const AnyCase& c, const Options& options) {
  Backend& backend = cpu_backend();
  Reason reason;
  constexpr size_t kMostSets = 4096;
  const auto sets = make_sets(backend, op, c, options.hot ? 0 : 3 * size_t(backend.info().l3_bytes), kMostSets);
  if (op.rejected(v, sets[0].args.get(), backend.info(), reason)) return state.SkipWithError(reason.text);
  Plan plan;
  plan.add(std::string(op.name()) + "=" + op.variants()[size_t(v)].name);
  Run run(backend, plan, options.threads);
  const Site site{"bench", -1};
  run.execute(op, sets[0].args.get(), site);  // sizes the workspace, makes the variant's state
  // The probe runs before and after, in the same process: clocks and neighbours change.
  Limits limits{read_bandwidth(options.threads, 3), sgemm_rate(options.threads, 3), fma_peak(options.threads, 1)};
  double total = 0, best = 1e30;
  size_t next = 0;
  for (auto _ : state) {
    const double start = seconds();
    run.execute(op, sets[next].args.get(), site);
    const double took = seconds() - start;
    state.SetIterationTime(took);
    total += took, best = std::min(best, took);
    next = (next + 1) % sets.size();
  }
  limits.read = std::max(limits.read, read_bandwidth(options.threads, 3));
  limits.sgemm = std::max(limits.sgemm, sgemm_rate(options.threads, 2));
  limits.fma = std::max(limits.fma, fma_peak(options.threads, 1));
  const Cost cost = op.cost(sets[0].args.get());
  const double mean = total / double(state.iterations());
  const std::string nonsense = impossible(cost.bytes / mean, cost.flops / mean, limits, options.hot);
  if (!nonsense.empty()) return state.SkipWithError(nonsense.c_str());
  state.counters["GB/s"] = cost.bytes / mean * 1e-9;
  state.counters["GFLOP/s"] = cost.flops / mean * 1e-9;
  state.counters["%read"] = 100 * cost.bytes / mean / limits.read;
  state.counters["%sgemm"] = 100 * cost.flops / mean / limits.sgemm;
  state.counters["best_us"] = best * 1e6;
  state.SetLabel(options.hot ? "hot" : "cold, " + std::to_string(sets.size()) + " sets");
}

std::string isa_names(uint32_t isa) {
  std::string names = isa & kIsaAvx2 ? "avx2" : "base";
  if (isa & kIsaAvx512) names += " avx512";
  if (isa & kIsaAvx512Bf16) names += " avx512_bf16";
  if (isa & kIsaAmxBf16) names += " amx_bf16";
  return names;
}

void describe_machine(const Options& options) {
  const DeviceInfo& device = cpu_backend().info();
  benchmark::AddCustomContext("machine", device.name);
  benchmark::AddCustomContext("isa", isa_names(device.isa));
  benchmark::AddCustomContext("threads", std::to_string(options.threads));
  benchmark::AddCustomContext("mode", options.hot ? "hot" : "cold");
  const auto giga = [](double x) { return std::to_string(x * 1e-9); };
  benchmark::AddCustomContext("read_probe_GB/s", giga(read_bandwidth(options.threads, 5)));
  benchmark::AddCustomContext("sgemm_GFLOP/s", giga(sgemm_rate(options.threads, 5)));
  benchmark::AddCustomContext("fma_peak_GFLOP/s", giga(fma_peak(options.threads, 2)));
}

void register_all(const Options& options) {
  const DeviceInfo& device = cpu_backend().info();
  for (const OpBase* op : ops())
    for (int v = 0; v < int(op->variants().size()); ++v) {
      Reason reason;
      if (op->rejected(v, nullptr, device, reason)) continue;
      for (const AnyCase& c : op->cases(0)) {
        if (!c.bench) continue;
        const std::string name = std::string(op->name()) + "." + op->variants()[size_t(v)].name + "/" + c.label;
        benchmark::RegisterBenchmark(
            name.c_str(), [=](benchmark::State& state) { bench(state, *op, v, c, options); })
            ->UseManualTime()
            ->Unit(benchmark::kMicrosecond);
      }
    }
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--hot") options.hot = true;
    else if (argument.rfind("--device=", 0) == 0) options.device = argument.substr(9);
    else if (argument.rfind("--threads=", 0) == 0) options.threads = std::atoi(argument.c_str() + 10);
    else if (argument.rfind("--plugin=", 0) == 0) load_plugin(argument.c_str() + 9);
    else GLIMPSE_FAIL("unknown argument \"%s\"; there are --device=cpu|cuda, --hot, --threads=N, --plugin=FILE.so and "
                      "--benchmark_...", argv[i]);
  }
  GLIMPSE_CHECK(options.threads > 0, "--threads wants a number from 1 up");
  GLIMPSE_CHECK(options.device == "cpu" || options.device == "cuda", "--device=%s: use cpu or cuda",
                options.device.c_str());
  return options;
}

}  // namespace
}  // namespace glimpse::bench

int main(int argc, char** argv) {
  glimpse::spin_briefly(argv);
  benchmark::Initialize(&argc, argv);
  try {
    using namespace glimpse::bench;
    const auto options = parse(argc, argv);
    if (options.device == "cpu") {
      describe_machine(options);
      register_all(options);
    } else if (glimpse::cuda_backend().info().is_virtual) {
      return run_once_each(benchmark::GetBenchmarkFilter()) ? 0 : 1;
    } else {
      register_gpu_benches(options.hot);
    }
    benchmark::RunSpecifiedBenchmarks();
  } catch (const glimpse::Error& e) {
    std::fprintf(stderr, "bench_ops: %s\n", e.what());
    return 2;
  }
  benchmark::Shutdown();
  return 0;
}
