// pos_embed of a row that a warp keeps in registers: what fused_row and cached_grid share.
#pragma once
#include "glimpse/core/tensor.h"
#include "glimpse/device/row_owner.cuh"
#include "glimpse/device/vec.h"
#include "glimpse/kernels/pos_embed/taps.cuh"

namespace glimpse::kernels {

// Eight warps: two 2x2 blocks of patches, which have most taps in common and find them in L1.
using PosEmbedWarp = dev::WarpOwner<8>;

// T: of the activations, E: of the table.
template <class T, class E> struct PosEmbedRowParams {
  const T* x;
  T *normed, *y;  // normed may be null
  const E* table;
  dev::AnyRow weight;
  View<int32_t, 2> coords;  // [patches, 4]: y, x, grid height, grid width
  int64_t x_row, normed_row, y_row, table_row, rows;
  int columns, side;
  float eps;
  bool bicubic;
};

// A patch's place in the table: eight columns of the position, rounded to T. The sum along the row comes first.
template <class T, class E> struct PosInterpolated {
  const PosEmbedRowParams<T, E>& p;
  PosTaps y, x;
  __device__ PosInterpolated(const PosEmbedRowParams<T, E>& params, int64_t m)
      : p(params),
        y(pos_taps(p.coords(m, 0), p.coords(m, 2), p.side, p.bicubic)),
        x(pos_taps(p.coords(m, 1), p.coords(m, 3), p.side, p.bicubic)) {}

  __device__ dev::Eight<T> load(int column) const {
    float position[8] = {};
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      if (j >= y.count) break;
      float line[8] = {};
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        if (k >= x.count) break;
        float tap[8];
        dev::widen(tap, dev::load_8(p.table + int64_t(y.index[j] * p.side + x.index[k]) * p.table_row + column));
#pragma unroll
        for (int i = 0; i < 8; ++i) line[i] = fmaf(x.weight[k], tap[i], line[i]);
      }
#pragma unroll
      for (int i = 0; i < 8; ++i) position[i] = fmaf(y.weight[j], line[i], position[i]);
    }
    return dev::narrow<T>(position);
  }
};

// y = rms(x) + position of row m.
template <class T, class E, class Position>
__device__ void pos_embed_row(const PosEmbedRowParams<T, E>& p, int64_t m, const Position& position) {
  dev::Eight<T> kept[PosEmbedWarp::kWide];
  dev::each_chunk<PosEmbedWarp, PosEmbedWarp::kWide>(
      p.columns, [&](int i, int c) { kept[i] = dev::load_8(p.x + m * p.x_row + c); });
  float sum = 0;
  dev::each_chunk<PosEmbedWarp, PosEmbedWarp::kWide>(
      p.columns, [&](int i, int) { sum += dev::sum_of_squares(kept[i]); });
  const float scale = 1.f / sqrtf(PosEmbedWarp::sum(sum) / float(p.columns) + p.eps);
  dev::each_chunk<PosEmbedWarp, PosEmbedWarp::kWide>(p.columns, [&](int i, int c) {
    float v[8], at[8];
    dev::widen(v, kept[i]);
    dev::scale_8<T>(v, scale, p.weight, c);
    const auto normed = dev::narrow<T>(v);
    if (p.normed) dev::store_8(p.normed + m * p.normed_row + c, normed);
    dev::widen(v, normed), dev::widen(at, position.load(c));
#pragma unroll
    for (int j = 0; j < 8; ++j) v[j] += at[j];
    dev::store_8(p.y + m * p.y_row + c, dev::narrow<T>(v));
  });
}

}  // namespace glimpse::kernels
