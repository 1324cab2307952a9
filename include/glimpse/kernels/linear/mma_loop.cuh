// The loop over K of the sm_80 matrix kernels: a ring of tiles in shared memory, ldmatrix, mma.
#pragma once
#include "glimpse/device/tile_copy.h"
#include "glimpse/kernels/linear/mma_tiles.h"
#include "glimpse/ptx/ldmatrix.h"
#include "glimpse/ptx/mma.h"

namespace glimpse::kernels {

// The tile's rows of x and of one or two weights, from their first element on.
template <int Halves> struct MmaOperands {
  const bf16* a;
  const bf16* b[Halves];
  int64_t a_row, b_row[Halves];
  int a_rows, b_rows, K;  // rows that exist; K is a multiple of 8
};

template <class T> __device__ void load_stage(char* stage, const MmaOperands<T::Halves>& o, int k) {
  const int chunks = (o.K - k) / 8;
  dev::load_tile<T::BM, T::kChunks, T::kThreads>(stage, o.a + k, o.a_row, o.a_rows, chunks);
#pragma unroll
  for (int h = 0; h < T::Halves; ++h)
    dev::load_tile<T::BN / T::Halves, T::kChunks, T::kThreads>(stage + T::kABytes + h * (T::BN / T::Halves) * T::BK * 2,
                                                               o.b[h] + k, o.b_row[h], o.b_rows, chunks);
}

template <class T> struct MmaFragments {
  uint32_t a[T::kMBlocks][4], b[T::kNBlocks / 2][4];
};

// Row of the B tile at which 16 columns of a warp begin; the warp's blocks go through its halves one after the other.
template <class T> __device__ int first_column(int warp_n, int pair) {
  constexpr int kPairs = T::kNBlocks / 2 / T::Halves;  // of one half
  return pair / kPairs * (T::BN / T::Halves) + warp_n * (T::kWarpN / T::Halves) + pair % kPairs * 16;
}

template <class T>
__device__ void load_fragments(MmaFragments<T>& f, const char* stage, int k16, int warp_m, int warp_n) {
  using Map = dev::Swizzle<T::kChunks>;
  const int lane = int(threadIdx.x) % 32;
#pragma unroll
  for (int m = 0; m < T::kMBlocks; ++m)
    ptx::ldmatrix_x4(f.a[m], stage + Map::bytes(warp_m * T::kWarpM + m * 16 + lane % 16, k16 * 2 + lane / 16));
#pragma unroll
  for (int n = 0; n < T::kNBlocks / 2; ++n)
    ptx::ldmatrix_x4(f.b[n], stage + T::kABytes +
                                 Map::bytes(first_column<T>(warp_n, n) + lane / 16 * 8 + lane % 8,
                                            k16 * 2 + lane / 8 % 2));
}

// One stage: the fragments of the next 16 of K are fetched while those of the last are multiplied.
template <class T>
__device__ void multiply_stage(float (&acc)[T::kMBlocks][T::kNBlocks][4], const char* stage, int warp_m, int warp_n) {
  MmaFragments<T> f[2];
  load_fragments<T>(f[0], stage, 0, warp_m, warp_n);
#pragma unroll
  for (int k = 0; k < T::BK / 16; ++k) {
    if (k + 1 < T::BK / 16) load_fragments<T>(f[(k + 1) % 2], stage, k + 1, warp_m, warp_n);
#pragma unroll
    for (int m = 0; m < T::kMBlocks; ++m)
#pragma unroll
      for (int n = 0; n < T::kNBlocks; ++n)
        ptx::mma_16x8x16(acc[m][n], f[k % 2].a[m], f[k % 2].b[n / 2][n % 2 * 2], f[k % 2].b[n / 2][n % 2 * 2 + 1]);
  }
}

// acc = the warp's part of A Bt, in mma's C layout. Sums run over k in steps of 16 from the first to the last, whatever
// the tile. Ends with the ring free for other use.
template <class T>
__device__ void mma_loop(float (&acc)[T::kMBlocks][T::kNBlocks][4], char* ring, const MmaOperands<T::Halves>& o) {
  const int warp = int(threadIdx.x) / 32, warp_m = warp / T::WarpsN, warp_n = warp % T::WarpsN;
  const int tiles = (o.K + T::BK - 1) / T::BK;
#pragma unroll
  for (int m = 0; m < T::kMBlocks; ++m)
#pragma unroll
    for (int n = 0; n < T::kNBlocks; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) acc[m][n][i] = 0;
  for (int s = 0; s < T::Stages - 1; ++s) {
    if (s < tiles) load_stage<T>(ring + s * T::kStageBytes, o, s * T::BK);
    ptx::cp_async_commit();  // also when empty: the count of groups is the count of tiles
  }
  for (int t = 0; t < tiles; ++t) {
    ptx::cp_async_wait<T::Stages - 2>();
    __syncthreads();  // tile t is there for all, and all are done with tile t - 1, whose place the next load takes
    const int next = t + T::Stages - 1;
    if (next < tiles) load_stage<T>(ring + next % T::Stages * T::kStageBytes, o, next * T::BK);
    ptx::cp_async_commit();
    multiply_stage<T>(acc, ring + t % T::Stages * T::kStageBytes, warp_m, warp_n);
  }
  ptx::cp_async_wait<0>();
  __syncthreads();
}

}  // namespace glimpse::kernels
