// Every op x bench case x variant of the registry, no op by name: bytes and flops a second, and as percentages of what
// this machine was measured to do beside them. Own flags: --help; the rest are Google Benchmark's.
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

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Limits {
  double read = 0, sgemm = 0, fma = 0;
};

Limits best_of(const Limits& a, const Limits& b) {
  return {std::max(a.read, b.read), std::max(a.sgemm, b.sgemm), std::max(a.fma, b.fma)};
}

// The best of the probes of the last seconds. Clocks and neighbours change, so that an old one says little; but probing
// beside each of a thousand figures would take longer than the figures.
class RecentLimits {
 public:
  explicit RecentLimits(int threads) : threads_(threads) {}
  // `carefully`: probes again whatever there is, and longer: where a figure is to be refused.
  Limits now(bool carefully = false) {
    const double time = seconds();
    std::erase_if(probes_, [&](const Probe& p) { return time - p.time > kForgotten; });
    if (carefully || probes_.empty() || time - probes_.back().time > kFresh) {
      const int repeats = carefully || probes_.empty() ? 5 : 1;
      const Limits l{read_bandwidth(threads_, 2 * repeats), sgemm_rate(threads_, repeats), fma_peak(threads_, repeats)};
      probes_.push_back({seconds(), l});
    }
    Limits best;
    for (const Probe& p : probes_) best = best_of(best, p.limits);
    return best;
  }

 private:
  static constexpr double kFresh = 2, kForgotten = 20;  // seconds
  struct Probe {
    double time;
    Limits limits;
  };
  int threads_;
  std::vector<Probe> probes_;
};

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

// One case after the other, each with its variants: the sets are made once for all of them and for all the times that
// Google Benchmark calls a function to find out how often to repeat it.
class Bench {
 public:
  explicit Bench(const Options& options) : options_(options), limits_(options.threads) {}

  void measure(benchmark::State& state, const OpBase& op, int v, const AnyCase& c) {
    Backend& backend = cpu_backend();
    Reason reason;
    const auto& sets = sets_of(op, c);
    if (op.rejected(v, sets[0].args.get(), backend.info(), reason)) return state.SkipWithError(reason.text);
    Plan plan;
    plan.add(std::string(op.name()) + "=" + op.variants()[size_t(v)].name);
    Run run(backend, plan, options_.threads);
    const Site site{"bench", -1};
    run.execute(op, sets[0].args.get(), site);  // sizes the workspace, makes the variant's state
    const Limits before = limits_.now();
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
    Limits limits = best_of(before, limits_.now());
    const Cost cost = op.cost(sets[0].args.get());
    const double mean = total / double(state.iterations());
    const auto nonsense_of = [&] { return impossible(cost.bytes / mean, cost.flops / mean, limits, options_.hot); };
    if (!nonsense_of().empty()) limits = best_of(limits, limits_.now(true));
    const std::string nonsense = nonsense_of();
    if (!nonsense.empty()) return state.SkipWithError(nonsense.c_str());
    state.counters["GB/s"] = cost.bytes / mean * 1e-9;
    state.counters["read_GB/s"] = limits.read * 1e-9;
    state.counters["%read"] = 100 * cost.bytes / mean / limits.read;
    state.counters["GFLOP/s"] = cost.flops / mean * 1e-9;
    state.counters["sgemm_GFLOP/s"] = limits.sgemm * 1e-9;
    state.counters["%sgemm"] = 100 * cost.flops / mean / limits.sgemm;
    state.counters["best_us"] = best * 1e6;
    state.SetLabel(options_.hot ? "hot" : "cold, " + std::to_string(sets.size()) + " sets");
  }

 private:
  const std::vector<DeviceSet>& sets_of(const OpBase& op, const AnyCase& c) {
    const std::string name = std::string(op.name()) + "/" + c.label;
    if (name == made_) return sets_;
    constexpr size_t kMostSets = 4096;
    const size_t bytes = options_.hot ? 0 : 3 * size_t(cpu_backend().info().l3_bytes);
    sets_.clear();
    sets_ = make_sets(cpu_backend(), op, c, bytes, kMostSets);
    made_ = name;
    return sets_;
  }

  Options options_;
  RecentLimits limits_;
  std::string made_;
  std::vector<DeviceSet> sets_;
};

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
}

void register_all(Bench& bench) {
  const DeviceInfo& device = cpu_backend().info();
  for (const OpBase* op : ops())
    for (const AnyCase& c : op->cases(0)) {
      if (!c.bench) continue;
      for (int v = 0; v < int(op->variants().size()); ++v) {
        Reason reason;
        if (op->rejected(v, nullptr, device, reason)) continue;
        const std::string name = std::string(op->name()) + "." + op->variants()[size_t(v)].name + "/" + c.label;
        benchmark::RegisterBenchmark(
            name.c_str(), [=, &bench](benchmark::State& state) { bench.measure(state, *op, v, c); })
            ->UseManualTime()
            ->Unit(benchmark::kMicrosecond);
      }
    }
}

void print_help() {
  std::puts("bench_ops [--device=cpu|cuda] [--hot] [--threads=N] [--plugin=FILE.so]... [--benchmark_...]\n"
            "  --device=cuda     the CUDA variants on a GPU; once each and untimed on a virtual one\n"
            "  --hot             one set of tensors, in cache where it fits; otherwise the sets rotate through more\n"
            "                    than three last-level caches\n"
            "  --threads=N       CPU threads; default: all this process may use\n"
            "  --plugin=FILE.so  shared object that brings variants of its own\n"
            "Google Benchmark's:");
  benchmark::PrintDefaultHelp();
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--hot") options.hot = true;
    else if (argument.rfind("--device=", 0) == 0) options.device = argument.substr(9);
    else if (argument.rfind("--threads=", 0) == 0) options.threads = std::atoi(argument.c_str() + 10);
    else if (argument.rfind("--plugin=", 0) == 0) load_plugin(argument.c_str() + 9);
    else GLIMPSE_FAIL("unknown argument \"%s\"; bench_ops --help shows what there is", argv[i]);
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
  benchmark::Initialize(&argc, argv, glimpse::bench::print_help);
  try {
    using namespace glimpse::bench;
    const auto options = parse(argc, argv);
    Bench bench(options);
    if (options.device == "cpu") {
      describe_machine(options);
      register_all(bench);
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
