// One value out of one a thread, the same in every thread and in every run: a butterfly in each warp, then the warps in
// order.
#pragma once
#include <cstdint>

namespace glimpse::dev {

// The value of the lane whose number differs in `mask`, of any type made of 4-byte words.
template <class T> __device__ T shuffle_xor(const T& value, int mask) {
  static_assert(sizeof(T) % 4 == 0);
  struct Words {
    uint32_t at[sizeof(T) / 4];
  };
  auto words = __builtin_bit_cast(Words, value);
#pragma unroll
  for (uint32_t& word : words.at) word = __shfl_xor_sync(0xffffffffu, word, mask);
  return __builtin_bit_cast(T, words);
}

// All 32 lanes call it. op(a, b) == op(b, a), so that every lane gets the same bits.
template <class T, class Op> __device__ T warp_reduce(T value, Op op) {
#pragma unroll
  for (int mask = 16; mask; mask /= 2) value = op(value, shuffle_xor(value, mask));
  return value;
}

__device__ inline float warp_sum(float value) {
  return warp_reduce(value, [](float a, float b) { return a + b; });
}

// Every thread of a block of kThreads (a multiple of 32) calls it.
template <int kThreads, class T, class Op> __device__ T block_reduce(T value, Op op) {
  constexpr int kWarps = kThreads / 32;
  static_assert(kThreads % 32 == 0 && kWarps <= 32);
  __shared__ T slots[kWarps];
  value = warp_reduce(value, op);
  if (threadIdx.x % 32 == 0) slots[threadIdx.x / 32] = value;
  __syncthreads();
  T all = slots[0];
#pragma unroll
  for (int i = 1; i < kWarps; ++i) all = op(all, slots[i]);
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
