// The block that ends last among those that work on one thing, and so sees what all the others wrote.
#pragma once

namespace glimpse::dev {

// Every thread of each of `blocks` blocks calls it once, behind its writes to global memory; true in the last block.
// The ticket is zero before and after.
__device__ inline bool last_block(unsigned* ticket, unsigned blocks) {
  __syncthreads();  // the block's writes come before the fence of the one thread that tells others of them
  bool last = false;
  if (threadIdx.x == 0) {
    __threadfence();
    last = atomicInc(ticket, blocks - 1) == blocks - 1;  // counts modulo `blocks`
    __threadfence();
  }
  // No shared variable: some callers' tiles take all that a launch has without asking.
  return __syncthreads_or(last);
}

}  // namespace glimpse::dev
