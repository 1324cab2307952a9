// attention / naive: one block of 128 threads a row of q and head; keys in tiles of 128, a score a thread, then the
// output's elements over the threads.
//   traffic   K and V read once per row and head from cache; no score leaves the block
//   accepts   f32 and bf16, a cache of either dtype, head sizes up to 256, any strides
//   numerics  scores in f32 in order of d, online softmax; unnormalised probabilities rounded for the product with v,
//             their sum is not; a row's bits depend on its own keys alone
#pragma once
#include "glimpse/core/tensor.h"
#include "glimpse/device/block_reduce.cuh"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

// T: of q and o, C: of the cache.
template <class T, class C> struct AttentionNaiveParams {
  View<T, 3> q, o;                              // [rows, heads, dh]
  View<C, 4> k, v;                              // [slots, kv heads, capacity, dh]
  View<int32_t, 1> q_offsets;                   // [sequences + 1]
  View<int32_t, 1> kv_slot, kv_start, kv_len;   // [sequences]; the first two may be without data: 0
  float scale;
  bool causal;
};

namespace attention_naive_detail {

constexpr int kThreads = 128, kMostHead = 256;

// The last sequence that begins at or before row m, which is the one that owns it.
inline __device__ int64_t sequence_of(const View<int32_t, 1>& offsets, int64_t m) {
  int64_t lo = 0, hi = offsets.shape[0] - 1;
  while (hi - lo > 1) {
    const int64_t middle = (lo + hi) / 2;
    (offsets(middle) <= m ? lo : hi) = middle;
  }
  return lo;
}

}  // namespace attention_naive_detail

template <class T, class C> __global__ void __launch_bounds__(128) attention_naive(const AttentionNaiveParams<T, C> p) {
  using namespace attention_naive_detail;
  __shared__ float q[kMostHead], weights[kThreads];
  const int tid = int(threadIdx.x);
  const int64_t m = blockIdx.x, h = blockIdx.y, dh = p.q.shape[2], head = h / (p.q.shape[1] / p.k.shape[1]);
  const int64_t b = sequence_of(p.q_offsets, m), after = p.q_offsets(b + 1) - 1 - m;
  const int64_t slot = p.kv_slot.data ? p.kv_slot(b) : 0, start = p.kv_start.data ? p.kv_start(b) : 0;
  const int64_t count = p.kv_len(b) - (p.causal ? after : 0);  // keys the row sees; may be negative
  for (int64_t d = tid; d < dh; d += kThreads) q[d] = dev::load(&p.q(m, h, d));
  __syncthreads();

  float top = -INFINITY, sum = 0, out[kMostHead / kThreads] = {};
  for (int64_t first = 0; first < count; first += kThreads) {
    const int keys = int(count - first < kThreads ? count - first : kThreads);
    float score = -INFINITY;
    if (tid < keys) {
      const C* k = &p.k(slot, head, start + first + tid, 0);
      score = 0;
      for (int64_t d = 0; d < dh; ++d) score = fmaf(q[d], dev::load(k + d * p.k.stride[3]), score);
      score *= p.scale;
    }
    const float tile_top = fmaxf(top, dev::block_max<kThreads>(score));
    const float weight = tid < keys ? expf(score - tile_top) : 0.f, keep = expf(top - tile_top);
    top = tile_top;
    weights[tid] = dev::rounded(weight, static_cast<const T*>(nullptr));
    sum = sum * keep + dev::block_sum<kThreads>(weight);  // its barriers also publish the weights
    for (int i = 0; i < kMostHead / kThreads && i * kThreads + tid < dh; ++i) {
      const C* v = &p.v(slot, head, start + first, i * kThreads + tid);
      out[i] *= keep;
      for (int j = 0; j < keys; ++j) out[i] = fmaf(weights[j], dev::load(v + j * p.v.stride[2]), out[i]);
    }
    __syncthreads();  // the next tile writes weights
  }
  for (int i = 0; i < kMostHead / kThreads && i * kThreads + tid < dh; ++i)
    dev::store(&p.o(m, h, i * kThreads + tid), sum > 0 ? out[i] / sum : 0.f);
}

// The head size is at most 256.
template <class T, class C>
cudaError_t launch_attention_naive(const AttentionNaiveParams<T, C>& p, cudaStream_t stream) {
  const dev::Grid grid{p.q.shape[0], p.q.shape[1]};
  return dev::launch(attention_naive<T, C>, grid, attention_naive_detail::kThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
