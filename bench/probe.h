// What this machine can do at most, measured: the limits that benchmarks are reported against.
#pragma once
#include <cstddef>

namespace glimpse::bench {

// Best of `repeats` reads of a buffer far larger than the last-level cache, `threads` threads with several streams
// each; bytes a second.
double read_bandwidth(int threads, int repeats);

// Best of `repeats` square f32 products by oneDNN with `threads` threads; flops a second.
double sgemm_rate(int threads, int repeats);

// Best of `repeats` chains of independent f32 multiply-adds in registers, as wide as the machine has them; flops a
// second. No computation can be faster.
double fma_peak(int threads, int repeats);

}  // namespace glimpse::bench
