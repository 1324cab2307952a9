// The clocks a GPU runs at, from NVIDIA's management library, opened by name.
#pragma once
#include <string>

namespace glimpse::bench {

struct GpuClocks {
  unsigned sm_mhz = 0, memory_mhz = 0;  // 0: unknown
};

// Of the first GPU with that name, now.
GpuClocks gpu_clocks(const std::string& device);

}  // namespace glimpse::bench
