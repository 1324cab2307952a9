// What GPUs can do at most, from NVIDIA's data sheets: the limits that rates are compared with.
#pragma once
#include <string_view>

namespace glimpse::bench {

// Memory bytes a second; bf16 multiply-adds on tensor cores with f32 sums, dense, two flops each.
struct GpuPeaks {
  std::string_view name;  // what the runtime's name of the device contains
  double bytes, flops;
};

// A name that contains another stands before it.
inline constexpr GpuPeaks kGpuPeaks[] = {
    {"A100-SXM4-80GB", 2039e9, 312e12},   {"A100 80GB PCIe", 1935e9, 312e12},  {"A100", 1555e9, 312e12},
    {"A10", 600e9, 125e12},               {"RTX A6000", 768e9, 154.8e12},      {"RTX 3090", 936e9, 71e12},
    {"L40S", 864e9, 362e12},              {"L40", 864e9, 181e12},              {"L4", 300e9, 121e12},
    {"RTX 4090", 1008e9, 165.2e12},       {"H100 PCIe", 2039e9, 756e12},       {"H100 80GB HBM3", 3350e9, 989e12},
    {"H200", 4800e9, 989e12},             {"B200", 8000e9, 2250e12},           {"RTX 5090", 1792e9, 209.5e12},
};

// Null where the table does not have the device: rates are then printed without percentages.
inline const GpuPeaks* peaks_of(std::string_view device) {
  for (const GpuPeaks& p : kGpuPeaks)
    if (device.find(p.name) != device.npos) return &p;
  return nullptr;
}

}  // namespace glimpse::bench
