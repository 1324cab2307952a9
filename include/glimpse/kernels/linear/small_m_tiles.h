// Tiles of linear / small_m_mma_sm80, and into how many parts K is cut. Pure functions of the host.
#pragma once
#include "glimpse/kernels/linear/mma_tiles.h"

namespace glimpse::kernels {

// 64 weight rows by all rows of x (Tokens of them, the rest zeros), 64 of K at a time; a warp has 16 weight rows. At
// most 48 KB, so that two blocks share a multiprocessor of 100 KB: 32 KB of weights or more are under way on it.
template <int Tokens> using SmallMTile = MmaTile<64, Tokens, 64, Tokens == 64 ? 3 : 4, 4, 1>;

constexpr int64_t kSmallMTokens = 64;  // most rows of x

// Parts of K, each a block: enough to give every multiprocessor two blocks, but none below 512 elements. It does not
// depend on the rows of x, so neither do the bits.
constexpr int small_m_splits(const DeviceInfo& device, int64_t columns, int64_t k) {
  const int64_t tiles = (columns + 63) / 64, wanted = 2 * int64_t(device.sm_count) / (tiles > 0 ? tiles : 1);
  const int64_t most = k / 512, splits = wanted < most ? wanted : most;
  return splits > 1 ? int(splits) : 1;
}
// Elements of K in a part, in whole steps of the tile.
constexpr int small_m_part(int64_t k, int splits) { return int(((k + 63) / 64 + splits - 1) / splits * 64); }

}  // namespace glimpse::kernels
