// The CUDA variants: timed on a GPU, run once on a virtual one.
#pragma once
#include <string>

namespace glimpse::bench {

// Registers every CUDA variant x bench case with Google Benchmark. A pass over the argument sets, recorded once, is
// launched as a whole and timed by the stream's clock. hot: one set; else the sets rotate through more than three times
// the L2 where kMostSets of them are that large. Rates above the device's peaks are refused.
void register_gpu_benches(bool hot);

// For a virtual GPU: every variant once, on the cheapest bench case it takes whose name the regular expression finds.
// Function, no time. False where nothing ran, or, without a filter, not all; throws what they throw.
bool run_once_each(const std::string& filter);

}  // namespace glimpse::bench
