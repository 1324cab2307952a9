// rope / vec: a block a row. Its angles' cosines and sines once into shared memory, then eight elements (interleaved: 4
// pairs) or twice eight (halves: 8 pairs) a thread, head after head, in 16-byte accesses.
//   traffic   q, k and v read and written once, the floor
//   accepts   f32 and bf16, a cache of the same dtype, heads of up to 512 in eights (halves: sixteens), all rows at
//             16-byte boundaries; q may be q_in; rows of pairwise different places in the cache, all inside of it
//   numerics  angle, cos and sin in f32; interleaved rounds cos, sin, products and sum, halves round once
#pragma once
#include "glimpse/core/tensor.h"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"
#include "glimpse/device/vec.h"

namespace glimpse::kernels {

template <class T> struct RopeVecParams {
  View<T, 3> q_in, k_in, v_in, q;  // [rows, heads, dh]
  View<T, 4> k, v;                 // [slots, kv heads, capacity, dh]
  View<int32_t, 2> pos;            // [rows, axes]
  View<float, 1> inv_freq;         // halves: [dh / 4], else [pairs that turn]
  View<int32_t, 1> slot, index;    // [rows]; without data: 0, and the row itself
  int by_t, by_y;                  // interleaved: the first by_t pairs turn by axis 0, the next by_y by axis 1
};

constexpr int kRopeThreads = 192, kRopeMostHead = 512;

namespace rope_vec_detail {

struct Turn {
  float c, s;
};

// The turns of the row's pairs, into shared memory; a barrier behind it is the caller's.
template <bool Halves, class T> __device__ void find_turns(Turn* turns, const RopeVecParams<T>& p, int64_t m) {
  const int n = int(p.inv_freq.shape[0]), pairs = Halves ? 2 * n : n;
  for (int i = int(threadIdx.x); i < pairs; i += kRopeThreads) {
    const int axis = Halves ? i / n : i < p.by_t ? 0 : i < p.by_t + p.by_y ? 1 : 2;
    const float angle = __fmul_rn(float(p.pos(m, axis)), p.inv_freq(Halves ? i % n : i));
    Turn turn;
    sincosf(angle, &turn.s, &turn.c);
    const T* as = nullptr;
    if (!Halves) turn.c = dev::rounded(turn.c, as), turn.s = dev::rounded(turn.s, as);
    turns[i] = turn;
  }
}

// Pairs (i, i + dh / 2): a and b hold eight firsts and their seconds.
__device__ inline void turn_halves(float (&a)[8], float (&b)[8], const Turn* turns) {
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    const float x = a[j], y = b[j], c = turns[j].c, s = turns[j].s;
    a[j] = x * c - y * s, b[j] = y * c + x * s;
  }
}

// Pairs (2i, 2i + 1), the first `count` of the four.
template <class T> __device__ void turn_pairs(float (&v)[8], const Turn* turns, int count) {
  const T* as = nullptr;
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    if (j >= count) break;
    const float x = v[2 * j], y = v[2 * j + 1], c = turns[j].c, s = turns[j].s;
    v[2 * j] = dev::rounded(x * c, as) - dev::rounded(y * s, as);
    v[2 * j + 1] = dev::rounded(y * c, as) + dev::rounded(x * s, as);
  }
}

// This thread's part of one head, turned or (values) copied. i: index of its eight elements.
template <bool Halves, class T>
__device__ void one_head(const T* from, T* to, int i, int dh, int turning, const Turn* turns, bool turns_at_all) {
  auto first = dev::load_8(from + i * 8);
  auto second = Halves ? dev::load_8(from + dh / 2 + i * 8) : first;
  if (turns_at_all) {
    float a[8];
    dev::widen(a, first);
    if constexpr (Halves) {
      float b[8];
      dev::widen(b, second);
      turn_halves(a, b, turns + i * 8);
      second = dev::narrow<T>(b);
    } else {
      turn_pairs<T>(a, turns + i * 4, turning - i * 4);
    }
    first = dev::narrow<T>(a);
  }
  dev::store_8(to + i * 8, first);
  if constexpr (Halves) dev::store_8(to + dh / 2 + i * 8, second);
}

}  // namespace rope_vec_detail

template <bool Halves, class T> __global__ void __launch_bounds__(kRopeThreads) rope_vec(const RopeVecParams<T> p) {
  using namespace rope_vec_detail;
  __shared__ Turn turns[kRopeMostHead / 2];
  const int64_t m = blockIdx.x;
  find_turns<Halves>(turns, p, m);
  __syncthreads();
  const int heads = int(p.q_in.shape[1]), kv = int(p.k_in.shape[1]), dh = int(p.q_in.shape[2]);
  const int each = dh / (Halves ? 16 : 8), step = kRopeThreads / each;  // threads a head; heads at once
  const int i = int(threadIdx.x) % each, first = int(threadIdx.x) / each, turning = int(p.inv_freq.shape[0]);
  if (first >= step) return;
  const int64_t slot = p.slot.data ? p.slot(m) : 0, index = p.index.data ? p.index(m) : m;
  for (int h = first; h < heads + 2 * kv; h += step) {
    const bool is_query = h < heads, is_value = h >= heads + kv;
    const int64_t head = is_query ? h : is_value ? h - heads - kv : h - heads;
    const T* from = &(is_query ? p.q_in : is_value ? p.v_in : p.k_in)(m, head, 0);
    T* to = is_query ? &p.q(m, head, 0) : &(is_value ? p.v : p.k)(slot, head, index, 0);
    one_head<Halves>(from, to, i, dh, turning, turns, !is_value);
  }
}

template <bool Halves, class T> cudaError_t launch_rope_vec(const RopeVecParams<T>& p, cudaStream_t stream) {
  return dev::launch(rope_vec<Halves, T>, {p.q_in.shape[0]}, kRopeThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
