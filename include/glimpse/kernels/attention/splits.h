// How attention / splitkv_sm80 cuts a sequence's keys. Pure functions, the same on host and device.
#pragma once
#include "glimpse/core/dtype.h"

namespace glimpse::kernels {

constexpr int kSplitTile = 64;   // keys that a block takes at once, 16 a warp
constexpr int kLeastSplit = 256;  // keys below which another block costs more than it saves

// Floats from row to row where warps leave their outputs to be merged: 8 rows of 4 pairs of floats then touch 32 banks
// at a time.
constexpr int split_pitch(int head) { return head + 8; }

// Splits of one sequence that fill the multiprocessors once.
constexpr int most_splits(int sm_count, int64_t kv_heads) {
  const int64_t most = kv_heads > 0 ? sm_count / kv_heads : 1;
  return most > 1 ? int(most) : 1;
}

// Keys of a split: as many as spread `keys` over `most` splits in whole tiles. A sequence's splits depend on its own
// length and the device alone, not on its neighbours or on how many keys the launch expects.
GLIMPSE_HD constexpr int keys_per_split(int keys, int most) {
  const int even = (keys + most - 1) / most, tiles = (even + kSplitTile - 1) / kSplitTile;
  return tiles * kSplitTile > kLeastSplit ? tiles * kSplitTile : kLeastSplit;
}
// Splits that have keys; a sequence without keys has one, without work.
GLIMPSE_HD constexpr int split_count(int keys, int most) {
  const int each = keys_per_split(keys, most);
  return keys > each ? (keys + each - 1) / each : 1;
}
// No sequence of up to `keys` keys has more.
constexpr int split_bound(int keys, int most) {
  const int least = (keys + kLeastSplit - 1) / kLeastSplit;
  return least < 1 ? 1 : least < most ? least : most;
}

}  // namespace glimpse::kernels
