// Tiles of attention / mma_sm80, and which of them a device gets. Pure functions of the host.
#pragma once
#include "glimpse/core/device_info.h"

namespace glimpse::kernels {

// BM queries of one head by BN keys at a time; four warps with BM / 4 rows each; Q, K and V once each in shared memory.
template <int DH_, int BM_, int BN_> struct AttentionTile {
  static constexpr int DH = DH_, BM = BM_, BN = BN_, kThreads = 128, kChunks = DH / 8;
  static constexpr int kMBlocks = BM / 64, kNBlocks = BN / 8, kDBlocks = DH / 8;  // of one mma
  static constexpr int kQBytes = BM * DH * 2, kKvBytes = BN * DH * 2, kTileBytes = kQBytes + 2 * kKvBytes;
  static constexpr int kSharedBytes = kTileBytes + 64;      // and what the block works on
  static constexpr int kBlockBytes = kSharedBytes + 1024;  // and what the system keeps
  static_assert(BM % 64 == 0 && BN % 16 == 0 && DH % 16 == 0);
};

// Two blocks share a multiprocessor: one multiplies while the other is at its softmax.
using AttentionTile128 = AttentionTile<128, 128, 64>;      // 64 KB: two from 131 KB a multiprocessor up
using AttentionTile128Flat = AttentionTile<128, 128, 32>;  // 48 KB: two in 100 KB
using AttentionTile128Low = AttentionTile<128, 64, 64>;    // 48 KB, less of the diagonal is masked, twice the blocks
using AttentionTile64 = AttentionTile<64, 128, 64>;        // 32 KB

enum class AttentionTileName { d128, d128_flat, d128_low, d64, none };

// queries: of the longest sequence; columns: heads of all sequences. Where two tiles will do, they take the same keys
// at a time, so that the bits do not depend on the choice.
constexpr AttentionTileName choose_attention_tile(const DeviceInfo& device, int64_t head, bool causal,
                                                  int64_t queries, int64_t columns) {
  if (head == 64) return AttentionTileName::d64;
  if (head != 128) return AttentionTileName::none;
  if (device.smem_per_sm < 2 * AttentionTile128::kBlockBytes)
    return causal ? AttentionTileName::d128_low : AttentionTileName::d128_flat;
  static_assert(AttentionTile128::BN == AttentionTile128Low::BN);
  // Rows that the busiest multiprocessor works through; in the low tile a row takes longer, since each key from shared
  // memory serves half as many (assumed, not measured).
  constexpr double kLowRow = 1.3;
  const auto rows = [&](int64_t tile) {
    const int64_t blocks = (queries + tile - 1) / tile * columns, sms = device.sm_count > 0 ? device.sm_count : 1;
    return double((blocks + sms - 1) / sms * tile);
  };
  return rows(AttentionTile128Low::BM) * kLowRow < rows(AttentionTile128::BM) ? AttentionTileName::d128_low
                                                                            : AttentionTileName::d128;
}

}  // namespace glimpse::kernels
