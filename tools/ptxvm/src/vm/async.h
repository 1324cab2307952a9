// What cp.async and mbarrier share: copies under way, and a barrier's 64 bits.
#pragma once

#include "exec.h"

namespace ptxvm {

// The 64 bits of an mbarrier: what arrives in a phase counts `pending` down.
struct Barrier64 {
  uint64_t pending : 20, expected : 20, unused : 21, parity : 1, valid : 1, spare : 1;
};
static_assert(sizeof(Barrier64) == 8);


inline void arrive(Barrier64& b, uint32_t count) {
  b.pending = b.pending > count ? b.pending - count : 0;
  if (b.pending != 0) return;
  b.pending = b.expected;
  b.parity ^= 1;
}

// Lanes whose copies are followed by an arrival on a barrier: it comes when somebody asks for the barrier.
void arrive_after_copies(Warp* w, std::byte* const* barrier);
void finish_arrivals(Block& block, const std::byte* barrier);

}  // namespace ptxvm
