// Who holds a row in registers: a warp or a block. A thread has V chunks of eight elements, kSize chunks apart.
#pragma once
#include "glimpse/device/block_reduce.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::dev {

// kNarrow, kWide: the two V that kernels are made for. Rows have at most kMost elements.
constexpr int kNarrow = 2;

// kWarps rows a block.
template <int kWarps> struct WarpOwner {
  static constexpr int kSize = 32, kRows = kWarps, kThreads = 32 * kWarps, kWide = 8, kMost = kWide * kSize * 8;
  __device__ static int64_t row() { return int64_t(blockIdx.x) * kWarps + threadIdx.x / 32; }
  __device__ static int index() { return int(threadIdx.x % 32); }
  __device__ static float sum(float value) { return warp_sum(value); }
};

template <int Threads> struct BlockOwner {
  static constexpr int kSize = Threads, kRows = 1, kThreads = Threads, kWide = 4, kMost = kWide * kSize * 8;
  __device__ static int64_t row() { return blockIdx.x; }
  __device__ static int index() { return int(threadIdx.x); }
  __device__ static float sum(float value) { return block_sum<Threads>(value); }
};

// Those of the norms: rows of up to 2048 elements, and up to 8192.
using RowWarp = WarpOwner<4>;
using RowBlock = BlockOwner<256>;

// f(i, column) for each chunk of this thread that the row has; i is a constant of the unrolled loop.
template <class Owner, int V, class F> __device__ void each_chunk(int columns, F f) {
#pragma unroll
  for (int i = 0; i < V; ++i) {
    const int column = (i * Owner::kSize + Owner::index()) * 8;
    if (column < columns) f(i, column);
  }
}

// One of two kernels that differ in V, narrow where that holds the rows.
template <class Owner, class Params>
cudaError_t launch_rows(void (*narrow)(Params), void (*wide)(Params), const Params& p, cudaStream_t stream) {
  const auto kernel = p.columns <= kNarrow * Owner::kSize * 8 ? narrow : wide;
  return launch(kernel, {blocks_of(p.rows, Owner::kRows)}, Owner::kThreads, 0, stream, p);
}

}  // namespace glimpse::dev
