// Index maps of the CUDA kernels, on the host: swizzles, the order of tiles, and which tile a device gets.
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "glimpse/device/swizzle.h"
#include "glimpse/device/tile_order.h"
#include "glimpse/kernels/attention/mma_tiles.h"
#include "glimpse/kernels/attention/splits.h"
#include "glimpse/kernels/linear/mma_tiles.h"
#include "glimpse/kernels/linear/small_m_tiles.h"
#include "support/devices.h"

namespace glimpse {
namespace {

constexpr int kRows = 64;

// Shared memory serves 8 lanes of 16 bytes at a time from 32 banks of 4 bytes: conflicts beyond the first access of a
// bank, counted over the addresses (in bytes) of one such phase of `width` bytes a lane.
template <int Lanes> int conflicts(const int (&at)[Lanes], int width) {
  int used[32] = {}, count = 0;
  for (int a : at)
    for (int word = 0; word < width / 4; ++word) count += used[(a / 4 + word) % 32]++ > 0;
  return count;
}

template <int Chunks> void check_swizzle() {
  using Map = dev::Swizzle<Chunks>;
  std::set<int> seen;
  for (int row = 0; row < kRows; ++row)
    for (int chunk = 0; chunk < Chunks; ++chunk) {
      EXPECT_EQ(Map::at(row, chunk) / Chunks, row) << "a chunk stays in its row";
      seen.insert(Map::at(row, chunk));
    }
  EXPECT_EQ(int(seen.size()), kRows * Chunks) << "two chunks share a place";
  for (int row = 0; row < kRows; row += 8)
    for (int chunk = 0; chunk < Chunks; ++chunk) {
      int matrix[8], quads[32];
      for (int i = 0; i < 8; ++i) matrix[i] = Map::bytes(row + i, chunk);
      EXPECT_EQ(conflicts(matrix, 16), 0) << "ldmatrix of rows from " << row << ", chunk " << chunk;
      for (int lane = 0; lane < 32; ++lane) quads[lane] = Map::bytes(row + lane / 4, chunk) + lane % 4 * 4;
      EXPECT_EQ(conflicts(quads, 4), 0) << "C layout of rows from " << row << ", chunk " << chunk;
    }
  for (int first = 0; first < kRows * Chunks; first += 8) {
    int along[8];
    for (int i = 0; i < 8; ++i) along[i] = Map::bytes((first + i) / Chunks, (first + i) % Chunks);
    EXPECT_EQ(conflicts(along, 16), 0) << "8 neighbours along rows from chunk " << first;
  }
}

TEST(Swizzle, IsABijectionWithoutBankConflicts) {
  check_swizzle<4>(), check_swizzle<8>(), check_swizzle<16>(), check_swizzle<32>();
}

// Outputs that lie across: a lane has one element of two bytes, in row 2 (lane % 4) at column lane / 4 of a chunk, and
// neighbouring lanes share words.
TEST(Swizzle, StagesTransposedWithoutBankConflicts) {
  for (int chunk = 0; chunk < 8; ++chunk)
    for (int row = 0; row < kRows; row += 8)
      for (int i = 0; i < 2; ++i) {
        std::set<int> words;
        for (int lane = 0; lane < 32; ++lane)
          words.insert((dev::Swizzle<8>::bytes(row + lane % 4 * 2 + i, chunk) + lane / 4 * 2) / 4);
        int at[16], n = 0;
        ASSERT_EQ(words.size(), 16u);
        for (const int word : words) at[n++] = word * 4;
        EXPECT_EQ(conflicts(at, 4), 0) << "rows from " << row << ", chunk " << chunk;
      }
}

TEST(AttentionSplits, WarpsMergeWithoutBankConflicts) {
  for (const int head : {64, 128})
    for (int column = 0; column < head; column += 8)
      for (int first = 0; first < 32; first += 16) {  // 8-byte accesses go half a warp at a time
        int at[16];
        for (int i = 0; i < 16; ++i)
          at[i] = ((first + i) / 4 * kernels::split_pitch(head) + column + (first + i) % 4 * 2) * 4;
        EXPECT_EQ(conflicts(at, 8), 0) << "head size " << head << ", column " << column;
      }
}

TEST(Swizzle, TheCountSeesConflicts) {
  int column[8];
  for (int i = 0; i < 8; ++i) column[i] = i * 128;  // one chunk of 8 rows of 128 bytes, not swizzled
  EXPECT_EQ(conflicts(column, 16), 28);
}

TEST(TileOrder, EveryTileOnce) {
  for (auto [m, n] : {std::pair{1, 1}, {3, 5}, {8, 7}, {9, 4}, {17, 1}, {1, 30}, {24, 11}}) {
    std::set<std::pair<int, int>> seen;
    for (int i = 0; i < m * n; ++i) {
      const auto t = dev::grouped_tile(i, m, n);
      EXPECT_TRUE(0 <= t.m && t.m < m && 0 <= t.n && t.n < n) << m << " x " << n << ": tile " << i;
      seen.insert({t.m, t.n});
    }
    EXPECT_EQ(int(seen.size()), m * n);
  }
}

using test::gpu;
using test::kGpus;

TEST(MmaTiles, TheChosenTileFitsEveryDevice) {
  for (const DeviceInfo& d : kGpus)
    for (int64_t rows : {1, 9, 64, 512, 1600, 6400})
      for (int64_t columns : {1, 1536, 4096, 4608, 27392, 151552}) {
        const auto tile = kernels::choose_mma_tile(d, rows, columns);
        ASSERT_NE(tile, kernels::MmaTileName::none) << "sm_" << d.sm;
        EXPECT_LE(kernels::cost_of(tile).shared_bytes, d.smem_per_block) << "sm_" << d.sm;
      }
  EXPECT_EQ(kernels::choose_mma_tile(gpu(80, 108, 163, 164), 6400, 4608), kernels::MmaTileName::wide);
  EXPECT_EQ(kernels::choose_mma_tile(gpu(89, 128, 99, 100), 6400, 4608), kernels::MmaTileName::square);
  EXPECT_EQ(kernels::choose_mma_tile(gpu(80, 108, 163, 164), 16, 4096), kernels::MmaTileName::small);
  EXPECT_EQ(kernels::choose_mma_tile(gpu(75, 40, 47, 64), 64, 64), kernels::MmaTileName::none);
}

int block_bytes(kernels::AttentionTileName tile) {
  using kernels::AttentionTileName;
  switch (tile) {
    case AttentionTileName::d128: return kernels::AttentionTile128::kBlockBytes;
    case AttentionTileName::d128_flat: return kernels::AttentionTile128Flat::kBlockBytes;
    case AttentionTileName::d128_low: return kernels::AttentionTile128Low::kBlockBytes;
    case AttentionTileName::d64: return kernels::AttentionTile64::kBlockBytes;
    case AttentionTileName::none: break;
  }
  return 0;
}

TEST(AttentionTiles, TwoBlocksShareAMultiprocessorOfEveryDevice) {
  using kernels::AttentionTileName;
  for (const DeviceInfo& d : kGpus)
    for (const int64_t head : {64, 128})
      for (const bool causal : {false, true})
        for (const int64_t queries : {0, 1, 64, 65, 576, 6400}) {
          const auto tile = kernels::choose_attention_tile(d, head, causal, queries, 12);
          ASSERT_NE(tile, AttentionTileName::none) << "sm_" << d.sm << ", head size " << head;
          EXPECT_LE(2 * block_bytes(tile), d.smem_per_sm) << "sm_" << d.sm << ", head size " << head;
          EXPECT_LE(block_bytes(tile), d.smem_per_block) << "sm_" << d.sm << ", head size " << head;
        }
  const auto of = [](int gpu, int64_t head, bool causal, int64_t queries, int64_t columns) {
    return kernels::choose_attention_tile(kGpus[gpu], head, causal, queries, columns);
  };
  EXPECT_EQ(of(0, 128, false, 6400, 12), AttentionTileName::d128);
  EXPECT_EQ(of(0, 128, true, 1600, 32), AttentionTileName::d128);
  EXPECT_EQ(of(0, 128, false, 576, 12), AttentionTileName::d128_low) << "60 tall blocks leave 48 of 108 idle";
  EXPECT_EQ(of(1, 128, false, 6400, 12), AttentionTileName::d128_flat);
  EXPECT_EQ(of(5, 128, true, 6400, 12), AttentionTileName::d128_low);
  EXPECT_EQ(of(3, 64, true, 6400, 12), AttentionTileName::d64);
  EXPECT_EQ(of(3, 96, true, 6400, 12), AttentionTileName::none);
}

TEST(AttentionSplits, EveryKeyOnceWithinTheBound) {
  for (const DeviceInfo& d : kGpus)
    for (const int kv_heads : {1, 2, 12, 1000}) {
      const int most = kernels::most_splits(d.sm_count, kv_heads);
      for (int keys : {0, 1, 63, 255, 256, 257, 512, 513, 4096, 8191, 27648, 27649, 131072}) {
        const int each = kernels::keys_per_split(keys, most), count = kernels::split_count(keys, most);
        EXPECT_EQ(each % kernels::kSplitTile, 0);
        EXPECT_GE(int64_t(each) * count, keys);
        EXPECT_TRUE(count == 1 || int64_t(each) * (count - 1) < keys) << "the last of " << count << " splits is empty";
        for (int bound : {keys, keys + 1, keys + 1000, 2 * keys})
          EXPECT_LE(count, kernels::split_bound(bound, most)) << keys << " keys where " << bound << " are expected";
      }
    }
  EXPECT_EQ(kernels::split_count(8192, kernels::most_splits(108, 2)), 32);
  EXPECT_EQ(kernels::split_count(131072, kernels::most_splits(108, 2)), 54);
}

TEST(SmallMTiles, PartsCoverK) {
  EXPECT_EQ(kernels::small_m_splits(kGpus[0], 4096, 4096), 3);
  EXPECT_EQ(kernels::small_m_splits(kGpus[0], 27392, 4096), 1);
  for (const DeviceInfo& d : kGpus)
    for (const int columns : {1, 64, 1536, 4096, 151552})
      for (const int k : {8, 64, 1024, 1032, 4096, 13696, 100000}) {
        const int splits = kernels::small_m_splits(d, columns, k), part = kernels::small_m_part(k, splits);
        EXPECT_GE(int64_t(splits) * part, k);
        EXPECT_EQ(part % kernels::SmallMTile<16>::BK, 0);
        EXPECT_TRUE(splits == 1 || (columns + 63) / 64 * splits <= 2 * d.sm_count);
      }
  for (const DeviceInfo& d : kGpus) EXPECT_LE(2 * (kernels::SmallMTile<64>::kSharedBytes + 1024), d.smem_per_sm);
}

}  // namespace
}  // namespace glimpse
