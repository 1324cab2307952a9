// patch_embed / implicit_mma_sm80: the patches' u8 levels become bf16 while they are put into the tile that the tensor
// cores read; no matrix of normalised pixels is ever written.
//   tiles     128x128x64 or 64x64x64 by device and shape, three stages, XOR swizzle; weights by cp.async, levels by
//             registers: 8 bytes loaded, 8 values looked up in shared memory, 16 bytes stored a thread
//   traffic   levels once per tile column and w once per tile row, mostly from L2; y once
//   accepts   u8 levels, rows of eights within a channel at 8-byte boundaries, up to 4 channels; bf16 w at 16-byte
//             boundaries; y bf16; y and bias of any layout
//   numerics  levels' values rounded to bf16; f32 sums over k in order, 16 at a time; bias in f32, one rounding
#pragma once
#include "glimpse/device/launch.cuh"
#include "glimpse/device/tile_order.h"
#include "glimpse/kernels/linear/mma_loop.cuh"
#include "glimpse/kernels/linear/mma_stage.cuh"

namespace glimpse::kernels {

constexpr int kPatchMostChannels = 4, kPatchTableBytes = kPatchMostChannels * 256 * 2;

struct PatchEmbedMmaParams {
  const uint8_t* levels;    // [M, K]
  const float* table;       // [channels, 256]
  LinearMmaParams product;  // all but x
  int64_t levels_row, table_row, table_step;
  int channels, per_channel;  // columns of one
};

// The levels that a thread carries from global to shared memory, chunks of eight, of one stage.
template <class T> struct PatchLevels {
  static constexpr int kRowsAtOnce = T::kThreads / T::kChunks, kCount = T::BM / kRowsAtOnce;
  uint2 at[kCount];

  __device__ static int row(int i) { return int(threadIdx.x) / T::kChunks + i * kRowsAtOnce; }
  __device__ static int chunk() { return int(threadIdx.x) % T::kChunks; }

  // Rows from m0 on, columns from k on; what the matrix does not have is not read.
  __device__ void load(const PatchEmbedMmaParams& p, int m0, int k) {
#pragma unroll
    for (int i = 0; i < kCount; ++i)
      if (m0 + row(i) < p.product.M && k + chunk() * 8 < p.product.K)
        at[i] = *reinterpret_cast<const uint2*>(p.levels + (m0 + row(i)) * p.levels_row + k + chunk() * 8);
  }

  // As bf16 into the stage's A tile; zeros for what the matrix does not have.
  __device__ void store(char* tile, const bf16* values, const PatchEmbedMmaParams& p, int m0, int k) const {
    const int column = k + chunk() * 8;
    const bf16* of = values + column / p.per_channel * 256;
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      uint4 v = make_uint4(0, 0, 0, 0);
      if (m0 + row(i) < p.product.M && column < p.product.K)
        v = make_uint4(pair(of, at[i].x), pair(of, at[i].x >> 16), pair(of, at[i].y), pair(of, at[i].y >> 16));
      dev::store_16(tile + dev::Swizzle<T::kChunks>::bytes(row(i), chunk()), v);
    }
  }

 private:
  __device__ static uint32_t pair(const bf16* of, uint32_t levels) {
    return of[levels & 0xff].bits | uint32_t(of[levels >> 8 & 0xff].bits) << 16;
  }
};

template <class T> __device__ void load_weights(char* stage, const LinearMmaParams& p, int n0, int k) {
  dev::load_tile<T::BN, T::kChunks, T::kThreads>(stage + T::kABytes, p.w + n0 * p.w_row + k, p.w_row, p.N - n0,
                                                 (p.K - k) / 8);
}

// As mma_loop, with levels for A: those of the stage to come are loaded before a stage is multiplied and stored behind.
template <class T>
__device__ void patch_embed_loop(float (&acc)[T::kMBlocks][T::kNBlocks][4], char* ring, const bf16* values,
                                 const PatchEmbedMmaParams& p, int m0, int n0) {
  const int warp = int(threadIdx.x) / 32, warp_m = warp / T::WarpsN, warp_n = warp % T::WarpsN;
  const int tiles = (p.product.K + T::BK - 1) / T::BK;
  PatchLevels<T> levels;
#pragma unroll
  for (int m = 0; m < T::kMBlocks; ++m)
#pragma unroll
    for (int n = 0; n < T::kNBlocks; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) acc[m][n][i] = 0;
  for (int s = 0; s < T::Stages - 1; ++s) {
    char* stage = ring + s * T::kStageBytes;
    if (s < tiles) {
      load_weights<T>(stage, p.product, n0, s * T::BK);
      levels.load(p, m0, s * T::BK), levels.store(stage, values, p, m0, s * T::BK);
    }
    ptx::cp_async_commit();  // also when empty: the count of groups is the count of tiles
  }
  for (int t = 0; t < tiles; ++t) {
    ptx::cp_async_wait<T::Stages - 2>();
    __syncthreads();  // tile t is there for all, and all are done with tile t - 1, whose place the next one takes
    const int next = t + T::Stages - 1;
    char* stage = ring + next % T::Stages * T::kStageBytes;
    if (next < tiles) load_weights<T>(stage, p.product, n0, next * T::BK), levels.load(p, m0, next * T::BK);
    ptx::cp_async_commit();
    multiply_stage<T>(acc, ring + t % T::Stages * T::kStageBytes, warp_m, warp_n);
    if (next < tiles) levels.store(stage, values, p, m0, next * T::BK);
  }
  ptx::cp_async_wait<0>();
  __syncthreads();
}

template <class T>
__global__ void __launch_bounds__(T::kThreads) patch_embed_implicit_mma_sm80(const PatchEmbedMmaParams p) {
  extern __shared__ __align__(128) char shared[];
  auto* values = reinterpret_cast<bf16*>(shared + T::kSharedBytes);  // [channels][256]
  for (int i = int(threadIdx.x); i < p.channels * 256; i += T::kThreads)
    values[i] = to_bf16(p.table[i / 256 * p.table_row + i % 256 * p.table_step]);
  __syncthreads();
  const LinearMmaParams& o = p.product;
  const auto tile = dev::grouped_tile(int(blockIdx.x), (o.M + T::BM - 1) / T::BM, (o.N + T::BN - 1) / T::BN);
  const int m0 = tile.m * T::BM, n0 = tile.n * T::BN;
  float acc[T::kMBlocks][T::kNBlocks][4];
  patch_embed_loop<T>(acc, shared, values, p, m0, n0);
  stage_linear<T>(acc, shared, o, n0);
  __syncthreads();
  dev::store_tile<T::BM, T::BN / 8, T::kThreads>(
      shared, {o.y + m0 * o.y_row + n0, nullptr, o.y_row, 0, o.M - m0, o.N - n0, o.aligned});
}

template <class T> cudaError_t launch_patch_embed_tile(const PatchEmbedMmaParams& p, cudaStream_t stream) {
  const int64_t tiles = dev::blocks_of(p.product.M, T::BM) * dev::blocks_of(p.product.N, T::BN);
  constexpr size_t kShared = T::kSharedBytes + kPatchTableBytes;
  return dev::launch(patch_embed_implicit_mma_sm80<T>, {tiles}, T::kThreads, kShared, stream, p);
}

// tile: as chosen for linear; the wide one would not leave room for the table on any device but the largest.
inline cudaError_t launch_patch_embed_implicit_mma_sm80(const PatchEmbedMmaParams& p, MmaTileName tile,
                                                        cudaStream_t stream) {
  if (tile == MmaTileName::small) return launch_patch_embed_tile<SmallTile<1>>(p, stream);
  return launch_patch_embed_tile<SquareTile<1>>(p, stream);
}

}  // namespace glimpse::kernels
