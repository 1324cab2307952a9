// Generic pointers as the addresses of one state space, which instructions on that space take.
#pragma once
#include <cstddef>
#include <cstdint>

namespace glimpse::ptx {

__device__ inline uint32_t shared_address(const void* p) { return uint32_t(__cvta_generic_to_shared(p)); }
__device__ inline uint64_t global_address(const void* p) { return uint64_t(__cvta_generic_to_global(p)); }

}  // namespace glimpse::ptx
