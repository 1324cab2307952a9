// The block that ends last among those that work on one thing, and so sees what all the others wrote.
#pragma once

namespace glimpse::dev {

// Every thread of each of `blocks` blocks calls it once, behind its writes to global memory; true in the last block.
// The ticket is zero before and after.
__device__ inline bool last_block(unsigned* ticket, unsigned blocks) {
  __threadfence();
  __syncthreads();
  // The count is modulo `blocks`. No shared variable: some callers' tiles take all that a launch has without asking.
  const bool last = __syncthreads_or(threadIdx.x == 0 && atomicInc(ticket, blocks - 1) == blocks - 1);
  if (last) __threadfence();
  return last;
}

}  // namespace glimpse::dev
