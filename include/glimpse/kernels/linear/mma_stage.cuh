// From accumulators to the rounded tile in shared memory: what products with a bias share behind their loop.
#pragma once
#include "glimpse/device/swizzle.h"
#include "glimpse/kernels/linear/mma_params.cuh"
#include "glimpse/ptx/cvt.h"

namespace glimpse::kernels {

// The warp's part of the tile, with bias, rounded, into the staging tile.
template <class T>
__device__ void stage_linear(const float (&acc)[T::kMBlocks][T::kNBlocks][4], char* staged, const LinearMmaParams& p,
                             int n0) {
  using Map = dev::Swizzle<T::BN / 8>;
  const int warp = int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32;
  const int row0 = warp / T::WarpsN * T::kWarpM + lane / 4, column0 = warp % T::WarpsN * T::kWarpN;
#pragma unroll
  for (int n = 0; n < T::kNBlocks; ++n) {
    const int column = column0 + n * 8;
    const float b0 = linear_bias(p, n0 + column + lane % 4 * 2), b1 = linear_bias(p, n0 + column + lane % 4 * 2 + 1);
#pragma unroll
    for (int m = 0; m < T::kMBlocks; ++m)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const float* v = acc[m][n] + half * 2;
        char* at = staged + Map::bytes(row0 + m * 16 + half * 8, column / 8) + lane % 4 * 4;
        *reinterpret_cast<uint32_t*>(at) = ptx::pack_bf16(v[0] + b0, v[1] + b1);
      }
  }
}

}  // namespace glimpse::kernels
