// Where a 16-byte chunk of a tile's row lies in shared memory, so that neither rows nor columns of chunks collide.
#pragma once
#include "glimpse/core/dtype.h"

namespace glimpse::dev {

// A tile of rows of `Chunks` 16-byte chunks (8 bf16 each). The chunk is moved within its row by an XOR with the row's
// number among those that share a 128-byte line of banks:
//   - ldmatrix reads the same chunk of 8 rows per phase: 8 different lines of 4 banks;
//   - cp.async and 16-byte accesses run along a row: 8 neighbouring chunks are a permutation of a line;
//   - mma's C layout writes 4 bytes a lane, 8 rows by 4 words: all 32 banks once.
template <int Chunks> struct Swizzle {
  static_assert(Chunks >= 4 && (Chunks & (Chunks - 1)) == 0, "rows of 64, 128, 256, ... bytes");
  static constexpr int kMask = Chunks < 8 ? Chunks - 1 : 7;
  static constexpr int kRowsPerLine = Chunks < 8 ? 8 / Chunks : 1;

  // Index of the chunk, in chunks from the tile's beginning.
  GLIMPSE_HD static constexpr int at(int row, int chunk) {
    return row * Chunks + (chunk ^ (row / kRowsPerLine & kMask));
  }
  // The same in bytes.
  GLIMPSE_HD static constexpr int bytes(int row, int chunk) { return at(row, chunk) * 16; }
};

}  // namespace glimpse::dev
