// rms_norm of a row that its owner (a warp or a block) keeps in registers: what warp_row and block_row share.
//   traffic   x and y once, the floor; weight from cache
//   accepts   f32 and bf16 activations, weight of either dtype, rows of eights at 16-byte boundaries; y may be x
//   numerics  f32 sum of squares in an order that depends on the number of columns alone; rounds where the model rounds
#pragma once
#include "glimpse/device/row_owner.cuh"
#include "glimpse/device/vec.h"

namespace glimpse::kernels {

template <class T> struct RmsNormRowParams {
  const T* x;
  dev::AnyRow weight;
  T* y;
  int64_t x_row, y_row, rows;
  int columns;  // at most V * Owner::kSize * 8
  float eps;
};

template <class Owner, int V, class T> __device__ void rms_norm_row(const RmsNormRowParams<T>& p) {
  const int64_t m = Owner::row();
  if (m >= p.rows) return;
  dev::Eight<T> kept[V];
  dev::each_chunk<Owner, V>(p.columns, [&](int i, int c) { kept[i] = dev::load_8(p.x + m * p.x_row + c); });
  float sum = 0;
  dev::each_chunk<Owner, V>(p.columns, [&](int i, int) { sum += dev::sum_of_squares(kept[i]); });
  const float scale = 1.f / sqrtf(Owner::sum(sum) / float(p.columns) + p.eps);
  dev::each_chunk<Owner, V>(p.columns, [&](int i, int c) {
    float v[8];
    dev::widen(v, kept[i]);
    dev::scale_8<T>(v, scale, p.weight, c);
    dev::store_8(p.y + m * p.y_row + c, dev::narrow<T>(v));
  });
}

}  // namespace glimpse::kernels
