// What warp_row and block_row accept alike, and their parameters.
#pragma once
#include "glimpse/device/accepts.h"
#include "glimpse/device/check.cuh"
#include "glimpse/ops/layer_norm_gelu.h"

namespace glimpse::kernels {

inline bool layer_norm_gelu_rejects(const op::LayerNormGelu& a, int most, Reason& reason) {
  return dev::not_eights(a.x.shape[1], most, reason) || dev::not_vectors("x", a.x, reason) ||
         dev::not_vectors("weight", a.weight, reason) || dev::not_vectors("bias", a.bias, reason) ||
         (a.normed && dev::not_vectors("normed", a.normed, reason)) || dev::not_vectors("y", a.y, reason);
}

template <class T> LayerNormGeluRowParams<T> layer_norm_gelu_row_params(const op::LayerNormGelu& a) {
  const auto x = view<T, 2>(a.x), y = view<T, 2>(a.y);
  LayerNormGeluRowParams<T> p{};
  p.x = x.data, p.y = y.data, p.x_row = x.stride[0], p.y_row = y.stride[0];
  if (a.normed) p.normed = view<T, 2>(a.normed).data, p.normed_row = a.normed.stride[0];
  p.weight = {a.weight.data, a.weight.dtype == DType::bf16}, p.bias = {a.bias.data, a.bias.dtype == DType::bf16};
  p.rows = x.shape[0], p.columns = int(x.shape[1]), p.eps = a.eps;
  return p;
}

}  // namespace glimpse::kernels
