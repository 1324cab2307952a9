// norm_add_norm of a row that its owner (a warp or a block) keeps in registers: what warp_row and block_row share.
//   traffic   x, residual and y once, residual written once, the floor; the weights from cache
//   accepts   f32 and bf16 activations, weights of either dtype, rows of eights at 16-byte boundaries; y may be x
//   numerics  f32 sums of squares in an order that depends on the number of columns alone; rounds as the model does
#pragma once
#include "glimpse/device/row_owner.cuh"
#include "glimpse/device/vec.h"

namespace glimpse::kernels {

template <class T> struct NormAddNormRowParams {
  const T* x;
  T *residual, *y;
  dev::AnyRow post, pre;
  int64_t x_row, residual_row, y_row, rows;
  int columns;  // at most V * Owner::kSize * 8
  float eps;
};

template <class Owner, int V, class T> __device__ void norm_add_norm_row(const NormAddNormRowParams<T>& p) {
  const int64_t m = Owner::row();
  if (m >= p.rows) return;
  T* residual = p.residual + m * p.residual_row;
  dev::Eight<T> branch[V], kept[V];  // kept: the residual, then the sum of both
  dev::each_chunk<Owner, V>(p.columns, [&](int i, int c) {
    branch[i] = dev::load_8(p.x + m * p.x_row + c);
    kept[i] = dev::load_8(residual + c);
  });
  float sum = 0;
  dev::each_chunk<Owner, V>(p.columns, [&](int i, int) { sum += dev::sum_of_squares(branch[i]); });
  float scale = 1.f / sqrtf(Owner::sum(sum) / float(p.columns) + p.eps);
  sum = 0;
  dev::each_chunk<Owner, V>(p.columns, [&](int i, int c) {
    float v[8], r[8];
    dev::widen(v, branch[i]);
    dev::scale_8<T>(v, scale, p.post, c);
    dev::round_8<T>(v);
    dev::widen(r, kept[i]);
#pragma unroll
    for (int j = 0; j < 8; ++j) v[j] += r[j];
    kept[i] = dev::narrow<T>(v);
    dev::store_8(residual + c, kept[i]);
    sum += dev::sum_of_squares(kept[i]);
  });
  scale = 1.f / sqrtf(Owner::sum(sum) / float(p.columns) + p.eps);
  dev::each_chunk<Owner, V>(p.columns, [&](int i, int c) {
    float v[8];
    dev::widen(v, kept[i]);
    dev::scale_8<T>(v, scale, p.pre, c);
    dev::store_8(p.y + m * p.y_row + c, dev::narrow<T>(v));
  });
}

}  // namespace glimpse::kernels
