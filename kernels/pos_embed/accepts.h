// What fused_row and cached_grid accept alike, and their parameters.
#pragma once
#include "glimpse/device/accepts.h"
#include "glimpse/device/check.cuh"
#include "taps.h"

namespace glimpse::kernels {

inline bool pos_embed_rejects(const op::PosEmbed& a, const DeviceInfo&, Reason& reason) {
  return dev::not_int("the number of patches, twice", 2 * a.x.shape[0], reason) ||
         dev::not_eights(a.x.shape[1], PosEmbedWarp::kMost, reason) || dev::not_vectors("x", a.x, reason) ||
         dev::not_vectors("weight", a.weight, reason) || dev::not_vectors("table", a.table, reason) ||
         (a.normed && dev::not_vectors("normed", a.normed, reason)) || dev::not_vectors("y", a.y, reason);
}

template <class T, class E> PosEmbedRowParams<T, E> pos_embed_row_params(const op::PosEmbed& a) {
  const auto x = view<T, 2>(a.x), y = view<T, 2>(a.y);
  const auto table = view<E, 2>(a.table);
  PosEmbedRowParams<T, E> p{};
  p.x = x.data, p.y = y.data, p.table = table.data, p.coords = view<int32_t, 2>(a.coords);
  if (a.normed) p.normed = view<T, 2>(a.normed).data, p.normed_row = a.normed.stride[0];
  p.weight = {a.weight.data, a.weight.dtype == DType::bf16};
  p.x_row = x.stride[0], p.y_row = y.stride[0], p.table_row = table.stride[0], p.rows = x.shape[0];
  p.columns = int(x.shape[1]), p.side = int(pos_embed::table_side(a)), p.eps = a.eps;
  p.bicubic = a.method == op::Interpolation::bicubic;
  return p;
}

}  // namespace glimpse::kernels
