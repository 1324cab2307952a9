// Tiles of the sm_80 matrix kernels, and which of them a device and a shape get. Pure functions of the host.
#pragma once
#include <initializer_list>

#include "glimpse/core/device_info.h"

namespace glimpse::kernels {

// A block's tile of the output, BK of K at a time in a ring of Stages; WarpsM x WarpsN warps. Halves = 2: of the BN
// columns BN / 2 are one weight's and the others the same of another's, and every warp has matching columns of both.
template <int BM_, int BN_, int BK_, int Stages_, int WarpsM_, int WarpsN_, int Halves_ = 1> struct MmaTile {
  static constexpr int BM = BM_, BN = BN_, BK = BK_, Stages = Stages_, WarpsM = WarpsM_, WarpsN = WarpsN_;
  static constexpr int Halves = Halves_;
  static constexpr int kThreads = WarpsM * WarpsN * 32, kChunks = BK / 8;
  static constexpr int kWarpM = BM / WarpsM, kWarpN = BN / WarpsN;
  static constexpr int kMBlocks = kWarpM / 16, kNBlocks = kWarpN / 8;  // of one mma
  static constexpr int kABytes = BM * BK * 2, kStageBytes = (BM + BN) * BK * 2;
  static constexpr int kSharedBytes = Stages * kStageBytes;
  static_assert(kWarpM % 16 == 0 && kWarpN % (16 * Halves) == 0 && BK % 16 == 0 && Stages >= 2);
  static_assert(BM * BN / Halves * 2 <= kSharedBytes, "the ring also stages the output");
};

// 64x64 outputs a warp use each element from shared memory most often, but need 147 KB; 128x128 is what fits three
// stages into the 99 KB of sm_86, 89 and 120; the small one is for outputs that are few tiles.
template <int Halves> using WideTile = MmaTile<128, 256, 64, 3, 2, 4, Halves>;
template <int Halves> using SquareTile = MmaTile<128, 128, 64, 3, 2, 4, Halves>;
template <int Halves> using SmallTile = MmaTile<64, 64, 64, 3, 2, 2, Halves>;

enum class MmaTileName { wide, square, small, none };

struct MmaTileCost {
  int bm, bn, shared_bytes;
  double efficiency;  // assumed from the bytes of shared memory a multiply-add reads; not measured
};

constexpr MmaTileCost cost_of(MmaTileName t) {
  if (t == MmaTileName::wide) return {128, 256, WideTile<1>::kSharedBytes, 1.0};
  if (t == MmaTileName::square) return {128, 128, SquareTile<1>::kSharedBytes, 0.9};
  return {64, 64, SmallTile<1>::kSharedBytes, 0.7};
}

// Of the tiles that fit the device's shared memory, the one that ends first if every multiprocessor works through its
// share of whole waves. columns: those of all halves. none: not even the small one fits.
constexpr MmaTileName choose_mma_tile(const DeviceInfo& device, int64_t rows, int64_t columns) {
  MmaTileName best = MmaTileName::none;
  double least = 0;
  for (MmaTileName name : {MmaTileName::wide, MmaTileName::square, MmaTileName::small}) {
    const MmaTileCost t = cost_of(name);
    if (t.shared_bytes > device.smem_per_block) continue;
    const int64_t tiles = ((rows + t.bm - 1) / t.bm) * ((columns + t.bn - 1) / t.bn);
    const int64_t resident = device.smem_per_sm / (t.shared_bytes + 1024);  // the system keeps 1 KB a block
    const int64_t at_once = (resident > 0 ? resident : 1) * (device.sm_count > 0 ? device.sm_count : 1);
    const int64_t waves = (tiles + at_once - 1) / at_once;
    const double cost = double(waves * (resident > 0 ? resident : 1)) * t.bm * t.bn / t.efficiency;
    if (best == MmaTileName::none || cost < least) best = name, least = cost;
  }
  return best;
}

}  // namespace glimpse::kernels
