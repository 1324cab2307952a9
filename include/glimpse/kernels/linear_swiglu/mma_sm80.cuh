// linear_swiglu / mma_sm80: linear's tiles with the same columns of gate and up side by side, silu and the product in
// the epilogue.
//   tiles     of linear (linear/mma_tiles.h), half of the columns gate, half up; every warp has matching columns of
//             both, so that a pair ends in one thread's registers
//   traffic   x once per tile column, gate and up once per tile row, mostly from L2; y once, and nothing in between
//   accepts   bf16, K a multiple of 8, rows of x, gate and up aligned to 16 bytes; y of any layout
//   numerics  f32 sums over k in order, 16 at a time; gate, up, silu and the product each rounded, as the model
//   registers and shared memory: kernels/resources.md
#pragma once
#include "glimpse/device/launch.cuh"
#include "glimpse/device/swiglu.cuh"
#include "glimpse/device/tile_order.h"
#include "glimpse/kernels/linear/mma_loop.cuh"
#include "glimpse/kernels/linear_swiglu/params.h"

namespace glimpse::kernels {

// The warp's part of the tile's BN / 2 outputs, rounded, into the staging tile.
template <class T> __device__ void stage_swiglu(const float (&acc)[T::kMBlocks][T::kNBlocks][4], char* staged) {
  using Map = dev::Swizzle<T::BN / 16>;
  constexpr int kBlocks = T::kNBlocks / 2;
  const int warp = int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32;
  const int row0 = warp / T::WarpsN * T::kWarpM + lane / 4, chunk0 = warp % T::WarpsN * kBlocks;
#pragma unroll
  for (int n = 0; n < kBlocks; ++n)
#pragma unroll
    for (int m = 0; m < T::kMBlocks; ++m)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const float *gate = acc[m][n] + half * 2, *up = acc[m][kBlocks + n] + half * 2;
        char* at = staged + Map::bytes(row0 + m * 16 + half * 8, chunk0 + n) + lane % 4 * 4;
        *reinterpret_cast<uint32_t*>(at) =
            ptx::pack_bf16(dev::swiglu_bf16(gate[0], up[0]), dev::swiglu_bf16(gate[1], up[1]));
      }
}

template <class T> __global__ void __launch_bounds__(T::kThreads) linear_swiglu_mma_sm80(const LinearSwigluParams p) {
  extern __shared__ __align__(128) char shared[];
  constexpr int kColumns = T::BN / 2;
  const auto tile = dev::grouped_tile(int(blockIdx.x), (p.M + T::BM - 1) / T::BM, (p.N + kColumns - 1) / kColumns);
  const int m0 = tile.m * T::BM, n0 = tile.n * kColumns;
  const MmaOperands<2> o{p.x + m0 * p.x_row, {p.gate + n0 * p.gate_row, p.up + n0 * p.up_row},
                         p.x_row,            {p.gate_row, p.up_row},
                         p.M - m0,           p.N - n0,
                         p.K};
  float acc[T::kMBlocks][T::kNBlocks][4];
  mma_loop<T>(acc, shared, o);
  stage_swiglu<T>(acc, shared);
  __syncthreads();
  dev::store_tile<T::BM, kColumns / 8, T::kThreads>(
      shared, {p.y + m0 * p.y_row + n0, nullptr, p.y_row, 0, p.M - m0, p.N - n0, p.aligned});
}

template <class T> cudaError_t launch_linear_swiglu_tile(const LinearSwigluParams& p, cudaStream_t stream) {
  return dev::launch(linear_swiglu_mma_sm80<T>, {dev::blocks_of(p.M, T::BM) * dev::blocks_of(p.N, T::BN / 2)},
                     T::kThreads, T::kSharedBytes, stream, p);
}

inline cudaError_t launch_linear_swiglu_mma_sm80(const LinearSwigluParams& p, MmaTileName tile, cudaStream_t stream) {
  if (tile == MmaTileName::wide) return launch_linear_swiglu_tile<WideTile<2>>(p, stream);
  if (tile == MmaTileName::square) return launch_linear_swiglu_tile<SquareTile<2>>(p, stream);
  return launch_linear_swiglu_tile<SmallTile<2>>(p, stream);
}

}  // namespace glimpse::kernels
