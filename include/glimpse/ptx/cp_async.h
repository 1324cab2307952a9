// cp.async: 16-byte copies from global to shared memory that pass no register (sm_80).
#pragma once
#include <cstdint>

#include "glimpse/ptx/address.h"

namespace glimpse::ptx {

// Copies 16 bytes past L1; where `valid` is false nothing is read, `from` may be any address, the bytes become zero.
__device__ inline void cp_async_16(void* to, const void* from, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(global_address(from)),
               "r"(valid ? 16 : 0)
               : "memory");
}
// The copies issued since the last commit become one group; a group may be empty.
__device__ inline void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Until at most `Pending` of this thread's groups are under way. Other threads' copies need a barrier behind it.
template <int Pending> __device__ inline void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

}  // namespace glimpse::ptx
