// layer_norm_gelu / naive: one block of 256 threads a row, read three times (mean, variance, result).
//   traffic   x read three times (twice from cache), y and, where wanted, normed written once
//   accepts   f32 and bf16 activations, weights of either dtype, any strides; y may be x
//   numerics  f32 sums in a fixed order, the variance around the mean; one rounding, then the erf GELU, one rounding
#pragma once
#include "glimpse/core/tensor.h"
#include "glimpse/device/block_reduce.cuh"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

template <class T, class W> struct LayerNormGeluNaiveParams {
  View<T, 2> x, normed, y;    // [rows, columns]; normed may be without data
  View<W, 1> weight, bias;    // [columns]
  float eps;
};

template <class T, class W>
__global__ void __launch_bounds__(256) layer_norm_gelu_naive(const LayerNormGeluNaiveParams<T, W> p) {
  const int64_t m = blockIdx.x, columns = p.x.shape[1];
  float sum = 0;
  for (int64_t c = threadIdx.x; c < columns; c += 256) sum += dev::load(&p.x(m, c));
  const float mean = dev::block_sum<256>(sum) / float(columns);
  sum = 0;
  for (int64_t c = threadIdx.x; c < columns; c += 256) {
    const float v = dev::load(&p.x(m, c)) - mean;
    sum += v * v;
  }
  const float scale = 1.f / sqrtf(dev::block_sum<256>(sum) / float(columns) + p.eps);
  for (int64_t c = threadIdx.x; c < columns; c += 256) {
    const float v = (dev::load(&p.x(m, c)) - mean) * scale;
    const float u = dev::rounded(v * dev::load(&p.weight(c)) + dev::load(&p.bias(c)), static_cast<const T*>(nullptr));
    if (p.normed.data) dev::store(&p.normed(m, c), u);
    dev::store(&p.y(m, c), u * (0.5f * (1.f + erff(u * 0.70710678118654752f))));
  }
}

template <class T, class W>
cudaError_t launch_layer_norm_gelu_naive(const LayerNormGeluNaiveParams<T, W>& p, cudaStream_t stream) {
  return dev::launch(layer_norm_gelu_naive<T, W>, {p.x.shape[0]}, 256, 0, stream, p);
}

}  // namespace glimpse::kernels
