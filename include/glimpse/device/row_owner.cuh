// Who holds a row in registers: a warp or a block. A thread has V chunks of eight elements, kSize chunks apart.
#pragma once
#include "glimpse/device/block_reduce.cuh"

namespace glimpse::dev {

// kWarps rows a block.
template <int kWarps> struct WarpOwner {
  static constexpr int kSize = 32, kRows = kWarps, kThreads = 32 * kWarps;
  __device__ static int64_t row() { return int64_t(blockIdx.x) * kWarps + threadIdx.x / 32; }
  __device__ static int index() { return int(threadIdx.x % 32); }
  __device__ static float sum(float value) { return warp_sum(value); }
};

template <int Threads> struct BlockOwner {
  static constexpr int kSize = Threads, kRows = 1, kThreads = Threads;
  __device__ static int64_t row() { return blockIdx.x; }
  __device__ static int index() { return int(threadIdx.x); }
  __device__ static float sum(float value) { return block_sum<Threads>(value); }
};

// f(i, column) for each chunk of this thread that the row has; i is a constant of the unrolled loop.
template <class Owner, int V, class F> __device__ void each_chunk(int columns, F f) {
#pragma unroll
  for (int i = 0; i < V; ++i) {
    const int column = (i * Owner::kSize + Owner::index()) * 8;
    if (column < columns) f(i, column);
  }
}

}  // namespace glimpse::dev
