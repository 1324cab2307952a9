// What this machine can do at most, measured: the limits that benchmarks are reported against.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace glimpse::bench {

// Best of `repeats` reads of a buffer far larger than the last-level cache, `threads` threads with several streams
// each; bytes a second.
double read_bandwidth(int threads, int repeats);

// The same of memory that is there already, as much of it as tells memory from caches: no page of a new buffer has to
// be brought in first, which can take longer than the measurement.
double read_bandwidth(int threads, int repeats, const std::vector<std::span<const char>>& parts);

// Best of `repeats` square f32 products by oneDNN with `threads` threads; flops a second.
double sgemm_rate(int threads, int repeats);

// Best of `repeats` chains of independent f32 multiply-adds in registers, as wide as the machine has them; flops a
// second. No computation can be faster.
double fma_peak(int threads, int repeats);

}  // namespace glimpse::bench
