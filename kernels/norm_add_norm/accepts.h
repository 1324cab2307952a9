// What warp_row and block_row accept alike, and their parameters.
#pragma once
#include "glimpse/device/accepts.h"
#include "glimpse/device/check.cuh"
#include "glimpse/ops/norm_add_norm.h"

namespace glimpse::kernels {

inline bool norm_add_norm_rejects(const op::NormAddNorm& a, int most, Reason& reason) {
  return dev::not_eights(a.x.shape[1], most, reason) || dev::not_vectors("x", a.x, reason) ||
         dev::not_vectors("post", a.post, reason) || dev::not_vectors("pre", a.pre, reason) ||
         dev::not_vectors("residual", a.residual, reason) || dev::not_vectors("y", a.y, reason);
}

template <class T> NormAddNormRowParams<T> norm_add_norm_row_params(const op::NormAddNorm& a) {
  const auto x = view<T, 2>(a.x), residual = view<T, 2>(a.residual), y = view<T, 2>(a.y);
  NormAddNormRowParams<T> p{};
  p.x = x.data, p.residual = residual.data, p.y = y.data;
  p.post = {a.post.data, a.post.dtype == DType::bf16}, p.pre = {a.pre.data, a.pre.dtype == DType::bf16};
  p.x_row = x.stride[0], p.residual_row = residual.stride[0], p.y_row = y.stride[0];
  p.rows = x.shape[0], p.columns = int(x.shape[1]), p.eps = a.eps;
  return p;
}

}  // namespace glimpse::kernels
