// pos_embed / naive: one block of 256 threads a patch: its norm, then 16 (bicubic) or 4 taps of the table an element.
//   traffic   x read twice, y and, where wanted, normed written once; the table from cache
//   accepts   f32 and bf16 activations, table and norm weight of either dtype, any strides; y may be x
//   numerics  coordinates, weights and sums in f32, the sum along the row first; rounds where the model rounds
#pragma once
#include "glimpse/core/tensor.h"
#include "glimpse/device/block_reduce.cuh"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

// T: of the activations, E: of the table.
template <class T, class E> struct PosEmbedNaiveParams {
  View<T, 2> x, normed, y;    // [patches, columns]; normed may be without data
  View<E, 2> table;           // [side * side, columns]
  View<int32_t, 2> coords;    // [patches, 4]: y, x, grid height, grid width
  const void* weight;         // [columns], weight_is_bf16 ? bf16 : f32
  int64_t weight_step;
  int side;
  float eps;
  bool weight_is_bf16, bicubic;
};

namespace pos_embed_naive_detail {

struct Taps {
  int count, index[4];
  float weight[4];
};

// The two pieces of the cubic convolution kernel with A = -0.75, up to 1 and from 1 to 2 away.
inline __device__ float near_weight(float u) { return (1.25f * u - 2.25f) * u * u + 1.f; }
inline __device__ float far_weight(float u) { return ((-0.75f * u + 3.75f) * u - 6.f) * u + 3.f; }

// The coordinate is the model's to the bit: no operation of it may be contracted.
inline __device__ Taps taps(int at, int size, int side, bool bicubic) {
  const float n = __fsub_rn(__fdiv_rn(float(at) + 0.5f, float(size)) * 2.f, 1.f);
  const float s = __fsub_rn(__fmul_rn(n + 1.f, float(side)), 1.f) * 0.5f;
  const float base = floorf(s), t = s - base;
  Taps out{bicubic ? 4 : 2, {}, {1.f - t, t}};
  if (bicubic)
    out.weight[0] = far_weight(t + 1.f), out.weight[1] = near_weight(t), out.weight[2] = near_weight(1.f - t),
    out.weight[3] = far_weight(2.f - t);
  for (int k = 0; k < 4; ++k) out.index[k] = min(max(int(base) + k - (bicubic ? 1 : 0), 0), side - 1);
  return out;
}

}  // namespace pos_embed_naive_detail

template <class T, class E> __global__ void __launch_bounds__(256) pos_embed_naive(const PosEmbedNaiveParams<T, E> p) {
  using namespace pos_embed_naive_detail;
  const int64_t m = blockIdx.x, columns = p.x.shape[1];
  const T* as = nullptr;  // the dtype that values are rounded to
  float sum = 0;
  for (int64_t c = threadIdx.x; c < columns; c += 256) {
    const float v = dev::load(&p.x(m, c));
    sum += v * v;
  }
  const float scale = 1.f / sqrtf(dev::block_sum<256>(sum) / float(columns) + p.eps);
  const Taps y = taps(p.coords(m, 0), p.coords(m, 2), p.side, p.bicubic);
  const Taps x = taps(p.coords(m, 1), p.coords(m, 3), p.side, p.bicubic);
  for (int64_t c = threadIdx.x; c < columns; c += 256) {
    float position = 0;
    for (int j = 0; j < y.count; ++j) {
      float line = 0;
      for (int k = 0; k < x.count; ++k)
        line += x.weight[k] * dev::load(&p.table(int64_t(y.index[j]) * p.side + x.index[k], c));
      position += y.weight[j] * line;
    }
    const int64_t at = c * p.weight_step;
    const float weight = p.weight_is_bf16 ? to_f32(static_cast<const bf16*>(p.weight)[at])
                                          : static_cast<const float*>(p.weight)[at];
    const float normed = dev::rounded(dev::rounded(dev::load(&p.x(m, c)) * scale, as) * weight, as);
    if (p.normed.data) dev::store(&p.normed(m, c), normed);
    dev::store(&p.y(m, c), normed + dev::rounded(position, as));
  }
}

template <class T, class E>
cudaError_t launch_pos_embed_naive(const PosEmbedNaiveParams<T, E>& p, cudaStream_t stream) {
  return dev::launch(pos_embed_naive<T, E>, {p.x.shape[0]}, 256, 0, stream, p);
}

}  // namespace glimpse::kernels
