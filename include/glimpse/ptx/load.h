// Global loads with a cache policy.
#pragma once
#include <cstdint>

#include "glimpse/ptx/address.h"

namespace glimpse::ptx {

// 16 aligned bytes that are read once and that the kernel does not write: kept out of L1.
__device__ inline uint4 load_streamed(const void* p) {
  uint4 r;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(r.x), "=r"(r.y), "=r"(r.z), "=r"(r.w)
               : "l"(global_address(p)));
  return r;
}

}  // namespace glimpse::ptx
