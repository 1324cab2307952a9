// Numbers of the lane and the thread, read anew at every call: the compiler cannot keep what is computed from them in
// registers across a loop that needs them all.
#pragma once

namespace glimpse::ptx {

// Within the warp.
__device__ inline int lane() {
  int r;
  asm volatile("mov.u32 %0, %%laneid;" : "=r"(r));
  return r;
}
// Within the block, along x.
__device__ inline int thread() {
  int r;
  asm volatile("mov.u32 %0, %%tid.x;" : "=r"(r));
  return r;
}

}  // namespace glimpse::ptx
