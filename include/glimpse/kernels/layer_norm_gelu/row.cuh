// layer_norm_gelu of a row that its owner (a warp or a block) keeps in registers: what warp_row and block_row share.
//   traffic   x, y and, where wanted, normed once, the floor; the weights from cache
//   accepts   f32 and bf16 activations, weights of either dtype, rows of eights at 16-byte boundaries; y may be x
//   numerics  f32 sums in an order that depends on the number of columns alone, the variance around the mean; one
//             rounding, then the erf GELU, one rounding
#pragma once
#include "glimpse/device/row_owner.cuh"
#include "glimpse/device/vec.h"

namespace glimpse::kernels {

template <class T> struct LayerNormGeluRowParams {
  const T* x;
  T *normed, *y;  // normed may be null
  dev::AnyRow weight, bias;
  int64_t x_row, normed_row, y_row, rows;
  int columns;  // at most V * Owner::kSize * 8
  float eps;
};

template <class Owner, int V, class T> __device__ void layer_norm_gelu_row(const LayerNormGeluRowParams<T>& p) {
  const int64_t m = Owner::row();
  if (m >= p.rows) return;
  dev::Eight<T> kept[V];
  dev::each_chunk<Owner, V>(p.columns, [&](int i, int c) { kept[i] = dev::load_8(p.x + m * p.x_row + c); });
  float sum = 0;
  dev::each_chunk<Owner, V>(p.columns, [&](int i, int) { sum += dev::sum_of(kept[i]); });
  const float mean = Owner::sum(sum) / float(p.columns);
  sum = 0;
  dev::each_chunk<Owner, V>(p.columns, [&](int i, int) {
    float v[8];
    dev::widen(v, kept[i]);
#pragma unroll
    for (float x : v) sum = fmaf(x - mean, x - mean, sum);
  });
  const float scale = 1.f / sqrtf(Owner::sum(sum) / float(p.columns) + p.eps);
  dev::each_chunk<Owner, V>(p.columns, [&](int i, int c) {
    float v[8], w[8], b[8];
    dev::widen(v, kept[i]);
    p.weight.load(w, c), p.bias.load(b, c);
#pragma unroll
    for (int j = 0; j < 8; ++j) v[j] = (v[j] - mean) * scale * w[j] + b[j];
    const auto normed = dev::narrow<T>(v);
    if (p.normed) dev::store_8(p.normed + m * p.normed_row + c, normed);
    dev::widen(v, normed);
#pragma unroll
    for (float& u : v) u *= 0.5f * (1.f + erff(u * 0.70710678118654752f));
    dev::store_8(p.y + m * p.y_row + c, dev::narrow<T>(v));
  });
}

}  // namespace glimpse::kernels
