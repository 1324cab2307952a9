// linear / mma_sm80: tiles of the output on tensor cores, fed by a cp.async ring in shared memory.
//   tiles     128x256x64, 128x128x64 or 64x64x64 by device and shape (mma_tiles.h), three stages, XOR swizzle,
//             ldmatrix.x4, mma.m16n8k16; blocks in groups of 8 tile rows for L2; output staged for 16-byte stores
//   traffic   x once per tile column and w once per tile row, mostly from L2; y (and residual) once
//   accepts   bf16, K a multiple of 8, rows of x and w aligned to 16 bytes; y, residual and bias of any layout
//   numerics  f32 sums over k in order, 16 at a time, in every tile; bias in f32, one rounding; the residual again
//   registers and shared memory: kernels/resources.md
#pragma once
#include "glimpse/device/launch.cuh"
#include "glimpse/device/tile_order.h"
#include "glimpse/kernels/linear/mma_loop.cuh"
#include "glimpse/kernels/linear/mma_stage.cuh"

namespace glimpse::kernels {

template <class T> __global__ void __launch_bounds__(T::kThreads) linear_mma_sm80(const LinearMmaParams p) {
  extern __shared__ __align__(128) char shared[];
  const auto tile = dev::grouped_tile(int(blockIdx.x), (p.M + T::BM - 1) / T::BM, (p.N + T::BN - 1) / T::BN);
  const int m0 = tile.m * T::BM, n0 = tile.n * T::BN;
  MmaOperands<1> o{p.x + m0 * p.x_row, {p.w + n0 * p.w_row}, p.x_row, {p.w_row}, p.M - m0, p.N - n0, p.K};
  float acc[T::kMBlocks][T::kNBlocks][4];
  mma_loop<T>(acc, shared, o);
  stage_linear<T>(acc, shared, p, n0);
  __syncthreads();
  const bf16* residual = p.residual ? p.residual + m0 * p.residual_row + n0 : nullptr;
  dev::store_tile<T::BM, T::BN / 8, T::kThreads>(
      shared, {p.y + m0 * p.y_row + n0, residual, p.y_row, p.residual_row, p.M - m0, p.N - n0, p.aligned});
}

template <class T> cudaError_t launch_linear_mma_tile(const LinearMmaParams& p, cudaStream_t stream) {
  const int64_t tiles = dev::blocks_of(p.M, T::BM) * dev::blocks_of(p.N, T::BN);
  return dev::launch(linear_mma_sm80<T>, {tiles}, T::kThreads, T::kSharedBytes, stream, p);
}

inline cudaError_t launch_linear_mma_sm80(const LinearMmaParams& p, MmaTileName tile, cudaStream_t stream) {
  if (!p.M || !p.N) return cudaSuccess;
  if (tile == MmaTileName::wide) return launch_linear_mma_tile<WideTile<1>>(p, stream);
  if (tile == MmaTileName::square) return launch_linear_mma_tile<SquareTile<1>>(p, stream);
  return launch_linear_mma_tile<SmallTile<1>>(p, stream);
}

}  // namespace glimpse::kernels
