// A device in words, and as JSON.
#pragma once
#include <string>

#include "glimpse/core/device_info.h"
#include "model/json.h"

namespace glimpse::cli {

// "avx2 avx512": the instruction sets of the bits; "base" where there are none.
std::string isa_text(uint32_t isa);
// "cpu: <model>, 2 threads, avx2" or "cuda: <name>, sm_90, 80.00 GB".
std::string device_text(const DeviceInfo& device);
OrderedJson device_json(const DeviceInfo& device);

}  // namespace glimpse::cli
