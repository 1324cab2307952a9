#include "gpu_ops.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <regex>
#include <vector>

#include "device_case.h"
#include "glimpse/core/run.h"
#include "gpu_clocks.h"
#include "gpu_peaks.h"
#include "tools/glimpse/survey.h"

namespace glimpse::bench {
namespace {

constexpr size_t kMostSets = 1024;  // a recorded pass has a launch or more for each
constexpr int kPasses = 20;

std::string name_of(const OpBase& op, int v, const std::string& label) {
  return std::string(op.name()) + "." + op.variants()[size_t(v)].name + "/" + label;
}

Plan only(const OpBase& op, int v) {
  Plan plan;
  plan.add(std::string(op.name()) + "=" + op.variants()[size_t(v)].name);
  return plan;
}

// Empty, or why these numbers cannot be: then they are not reported.
std::string impossible(double bytes_per_second, double flops_per_second, const GpuPeaks& peaks, bool cold) {
  char text[200] = "";
  if (cold && bytes_per_second > 1.02 * peaks.bytes)
    std::snprintf(text, sizeof text, "%.0f GB/s from memory is more than the %.0f GB/s of the data sheet: the data "
                  "came from a cache, or the work was not done", bytes_per_second * 1e-9, peaks.bytes * 1e-9);
  else if (flops_per_second > 1.02 * peaks.flops)
    std::snprintf(text, sizeof text, "%.0f TFLOP/s is more than the %.0f TFLOP/s of the data sheet: the work was not "
                  "done", flops_per_second * 1e-12, peaks.flops * 1e-12);
  return text;
}

// Seconds of one call in each of kPasses passes over the sets.
std::vector<double> time_passes(const OpBase& op, Run& run, const std::vector<DeviceSet>& sets) {
  Backend& backend = run.backend();
  const Site site{"bench", -1};
  const auto all = [&] {
    for (const DeviceSet& set : sets) run.execute(op, set.args.get(), site);
  };
  all();  // sizes the workspace, loads the kernels, makes the variant's state
  run.workspace().freeze();
  const auto graph = backend.record(all);
  run.workspace().thaw();
  const auto clock = backend.clock();
  graph->launch(), backend.synchronize();
  for (int i = 0; i <= kPasses; ++i) {
    clock->mark();
    if (i < kPasses) graph->launch();
  }
  const std::vector<double> marks = clock->times();
  std::vector<double> seconds;
  for (int i = 0; i < kPasses; ++i) seconds.push_back((marks[size_t(i) + 1] - marks[size_t(i)]) / double(sets.size()));
  return seconds;
}

void bench(benchmark::State& state, const OpBase& op, int v, const AnyCase& c, bool hot) {
  Backend& backend = cuda_backend();
  const DeviceInfo& device = backend.info();
  const auto wanted = hot ? 0 : 3 * size_t(device.l2_bytes);
  const auto sets = make_sets(backend, op, c, wanted, kMostSets);
  size_t bytes = 0;
  for (const DeviceSet& set : sets) bytes += set.memory->bytes();
  const bool cold = !hot && bytes > wanted;
  Run run(backend, only(op, v));
  const std::vector<double> seconds = time_passes(op, run, sets);
  size_t next = 0;
  double mean = 0;
  for (auto _ : state) state.SetIterationTime(seconds[next]), next = (next + 1) % seconds.size();
  for (const double s : seconds) mean += s / double(seconds.size());
  const Cost cost = op.cost(sets[0].args.get());
  const GpuPeaks* peaks = peaks_of(device.name);
  if (peaks) {
    const std::string nonsense = impossible(cost.bytes / mean, cost.flops / mean, *peaks, cold);
    if (!nonsense.empty()) return state.SkipWithError(nonsense.c_str());
    state.counters["%light"] = 100 * std::max(cost.bytes / peaks->bytes, cost.flops / peaks->flops) / mean;
  }
  state.counters["GB/s"] = cost.bytes / mean * 1e-9;
  state.counters["TFLOP/s"] = cost.flops / mean * 1e-12;
  state.counters["best_us"] = *std::min_element(seconds.begin(), seconds.end()) * 1e6;
  const GpuClocks clocks = gpu_clocks(device.name);
  if (clocks.sm_mhz) state.counters["SM_MHz"] = clocks.sm_mhz, state.counters["memory_MHz"] = clocks.memory_mhz;
  state.SetLabel(std::string(hot ? "hot, " : cold ? "cold, " : "from L2, ") + std::to_string(sets.size()) +
                 (sets.size() == 1 ? " set" : " sets"));
}

void describe_gpu(const DeviceInfo& device) {
  benchmark::AddCustomContext("device", device.name);
  const auto number = [](double x) { return std::to_string(int64_t(x)); };
  benchmark::AddCustomContext("L2_MB", number(double(device.l2_bytes) / 1e6));
  const GpuPeaks* peaks = peaks_of(device.name);
  benchmark::AddCustomContext("data_sheet", peaks ? number(peaks->bytes * 1e-9) + " GB/s, " +
                                                        number(peaks->flops * 1e-12) + " TFLOP/s of bf16"
                                                  : "unknown: no percentages, nothing refused (bench/gpu_peaks.h)");
  if (!gpu_clocks(device.name).sm_mhz) benchmark::AddCustomContext("clocks", "unknown: no libnvidia-ml.so.1");
}

const AnyCase& case_of(const std::vector<AnyCase>& cases, const std::string& label) {
  return *std::find_if(cases.begin(), cases.end(), [&](const AnyCase& c) { return c.bench && c.label == label; });
}

// f(op, variant, bench case) for each that this device takes, by work; false: no more of this variant.
template <class F> void each_bench(const DeviceInfo& device, F f) {
  for (const OpBase* op : ops()) {
    const cli::OpSurvey s = cli::survey(*op, device);
    const std::vector<AnyCase> cases = op->cases(0);
    for (size_t v = 0; v < op->variants().size(); ++v) {
      if (!s.absent[v].empty()) continue;
      for (const cli::ShapeSurvey& shape : s.shapes)
        if (shape.rejected[v].empty() && !f(*op, int(v), case_of(cases, shape.label))) break;
    }
  }
}

}  // namespace

void register_gpu_benches(bool hot) {
  const DeviceInfo& device = cuda_backend().info();
  describe_gpu(device);
  each_bench(device, [hot](const OpBase& op, int v, const AnyCase& c) {
    benchmark::RegisterBenchmark(name_of(op, v, c.label).c_str(),
                                 [&op, v, c, hot](benchmark::State& state) { bench(state, op, v, c, hot); })
        ->Iterations(kPasses)
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
    return true;
  });
}

bool run_once_each(const std::string& filter) {
  Backend& backend = cuda_backend();
  const std::regex wanted(filter == "all" ? "" : filter);
  std::printf("%s: a virtual device; each variant runs once, on the smallest shape it takes, and is not timed\n",
              backend.info().name);
  int ran = 0;
  each_bench(backend.info(), [&](const OpBase& op, int v, const AnyCase& c) {
    const std::string name = name_of(op, v, c.label);
    if (!std::regex_search(name, wanted)) return true;
    Run run(backend, only(op, v));
    const std::vector<DeviceSet> sets = make_sets(backend, op, c, 0, 1);
    run.execute(op, sets[0].args.get(), Site{"bench", -1});
    backend.synchronize();
    std::printf("%s: ran\n", name.c_str());
    return ++ran, false;
  });
  if (!filter.empty() && filter != "all") return ran > 0;
  int variants = 0;
  for (const OpBase* op : ops())
    for (int v = 0; v < int(op->variants().size()); ++v) {
      Reason reason;
      variants += !op->rejected(v, nullptr, backend.info(), reason);
    }
  if (ran < variants) std::printf("%d of %d variants take no bench shape\n", variants - ran, variants);
  return ran == variants;
}

}  // namespace glimpse::bench
