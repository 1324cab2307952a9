// One value out of one a thread, the same in every thread and in every run: a tree over shared memory.
#pragma once

namespace glimpse::dev {

// Every thread of a block of kThreads (a power of two) calls it. op(a, b) combines, a being of the lower thread.
template <int kThreads, class T, class Op> __device__ T block_reduce(T value, Op op) {
  __shared__ T slots[kThreads];
  slots[threadIdx.x] = value;
  for (int half = kThreads / 2; half; half /= 2) {
    __syncthreads();
    if (int(threadIdx.x) < half) slots[threadIdx.x] = op(slots[threadIdx.x], slots[threadIdx.x + half]);
  }
  __syncthreads();
  const T all = slots[0];
  __syncthreads();  // the next call writes to the slots
  return all;
}

template <int kThreads, class T> __device__ T block_sum(T value) {
  return block_reduce<kThreads>(value, [](T a, T b) { return a + b; });
}

template <int kThreads> __device__ float block_max(float value) {
  return block_reduce<kThreads>(value, [](float a, float b) { return fmaxf(a, b); });
}

}  // namespace glimpse::dev
