// rope / naive: one thread a pair of elements; the heads of q, k and v of a row behind each other.
//   traffic   q, k and v read and written once; an angle computed anew for each pair of each head
//   accepts   f32 and bf16 activations, a cache of either dtype, any strides; q may be q_in; rows of pairwise different
//             places in the cache, all inside of it
//   numerics  angle, cos and sin in f32; interleaved rounds cos, sin, products and sum, halves round once
#pragma once
#include "glimpse/core/tensor.h"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

// T: of the activations, C: of the cache.
template <class T, class C> struct RopeNaiveParams {
  View<T, 3> q_in, k_in, v_in, q;  // [rows, heads, dh]
  View<C, 4> k, v;                 // [slots, kv heads, capacity, dh]
  View<int32_t, 2> pos;            // [rows, axes]
  View<float, 1> inv_freq;         // halves: [dh / 4], else [pairs that turn]
  View<int32_t, 1> slot, index;    // [rows]; without data: 0, and the row itself
  int by_t, by_y;                  // interleaved: the first by_t pairs turn by axis 0, the next by_y by axis 1
  bool halves;                     // pairs (i, i + dh / 2), else (2i, 2i + 1)
};

namespace rope_naive_detail {

struct Pair {
  float a, b;
};

// The rotation of pair i of row m; pairs beyond the turning ones stay.
template <class T, class C> __device__ Pair turned(const RopeNaiveParams<T, C>& p, int64_t m, int64_t i, Pair x) {
  const int64_t n = p.inv_freq.shape[0];
  if (!p.halves && i >= n) return x;
  const int64_t axis = p.halves ? i / n : i < p.by_t ? 0 : i < p.by_t + p.by_y ? 1 : 2;
  const float angle = __fmul_rn(float(p.pos(m, axis)), p.inv_freq(p.halves ? i % n : i));
  float c = cosf(angle), s = sinf(angle);
  if (p.halves) return {x.a * c - x.b * s, x.b * c + x.a * s};
  const T* as = nullptr;
  c = dev::rounded(c, as), s = dev::rounded(s, as);
  return {dev::rounded(x.a * c, as) - dev::rounded(x.b * s, as), dev::rounded(x.b * c, as) + dev::rounded(x.a * s, as)};
}

}  // namespace rope_naive_detail

template <class T, class C> __global__ void rope_naive(const RopeNaiveParams<T, C> p) {
  using namespace rope_naive_detail;
  const int64_t heads = p.q_in.shape[1], kv = p.k_in.shape[1], dh = p.q_in.shape[2], pairs = (dh + 1) / 2;
  const int64_t at = int64_t(blockIdx.x) * blockDim.x + threadIdx.x, i = at % pairs;
  const int64_t h = at / pairs % (heads + 2 * kv), m = at / pairs / (heads + 2 * kv);
  if (m >= p.q_in.shape[0]) return;
  const int64_t first = p.halves ? i : 2 * i, second = p.halves ? i + pairs : 2 * i + 1;
  const bool both = second < dh;  // an odd head ends in half a pair
  const auto load = [&](const View<T, 3>& x, int64_t head) {
    return Pair{dev::load(&x(m, head, first)), both ? dev::load(&x(m, head, second)) : 0.f};
  };
  if (h < heads) {
    const Pair y = turned(p, m, i, load(p.q_in, h));
    dev::store(&p.q(m, h, first), y.a);
    if (both) dev::store(&p.q(m, h, second), y.b);
    return;
  }
  const bool is_key = h < heads + kv;
  const int64_t head = (h - heads) % kv;
  const Pair y = is_key ? turned(p, m, i, load(p.k_in, head)) : load(p.v_in, head);
  const View<C, 4>& cache = is_key ? p.k : p.v;
  const int64_t slot = p.slot.data ? p.slot(m) : 0, index = p.index.data ? p.index(m) : m;
  const T* as = nullptr;
  dev::store(&cache(slot, head, index, first), dev::rounded(y.a, as));
  if (both) dev::store(&cache(slot, head, index, second), dev::rounded(y.b, as));
}

template <class T, class C> cudaError_t launch_rope_naive(const RopeNaiveParams<T, C>& p, cudaStream_t stream) {
  const int64_t n = p.q_in.shape[0] * (p.q_in.shape[1] + 2 * p.k_in.shape[1]) * ((p.q_in.shape[2] + 1) / 2);
  return dev::launch(rope_naive<T, C>, {dev::blocks_of(n, 256)}, 256, 0, stream, p);
}

}  // namespace glimpse::kernels
