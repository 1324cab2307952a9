// pos_embed / naive: one block of 256 threads a patch: its norm, then 16 (bicubic) or 4 taps of the table an element.
//   traffic   x read twice, y and, where wanted, normed written once; the table from cache
//   accepts   f32 and bf16 activations, table and norm weight of either dtype, any strides; y may be x
//   numerics  coordinates, weights and sums in f32, the sum along the row first; rounds where the model rounds
#pragma once
#include "glimpse/core/tensor.h"
#include "glimpse/device/block_reduce.cuh"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"
#include "glimpse/kernels/pos_embed/taps.cuh"

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

template <class T, class E> __global__ void __launch_bounds__(256) pos_embed_naive(const PosEmbedNaiveParams<T, E> p) {
  const int64_t m = blockIdx.x, columns = p.x.shape[1];
  const T* as = nullptr;  // the dtype that values are rounded to
  float sum = 0;
  for (int64_t c = threadIdx.x; c < columns; c += 256) {
    const float v = dev::load(&p.x(m, c));
    sum += v * v;
  }
  const float scale = 1.f / sqrtf(dev::block_sum<256>(sum) / float(columns) + p.eps);
  const PosTaps y = pos_taps(p.coords(m, 0), p.coords(m, 2), p.side, p.bicubic);
  const PosTaps x = pos_taps(p.coords(m, 1), p.coords(m, 3), p.side, p.bicubic);
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
