// linear / naive: one thread an output.
//   traffic   x and w read once per output from cache; the teaching baseline
//   accepts   f32 and bf16 activations, f32 and bf16 dense weights, any row strides
//   numerics  f32 accumulation in order of k, bias in f32, one rounding; the residual rounds again
#pragma once
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

template <class T, class W> struct LinearNaiveParams {
  const T* x;
  const W* w;
  const void* bias;  // null, or [N] of bias_is_bf16 ? bf16 : f32
  const T* residual;  // may be null
  T* y;
  int64_t m, n, k, x_row, w_row, residual_row, y_row;
  bool bias_is_bf16;
};

template <class T, class W> __global__ void linear_naive(const LinearNaiveParams<T, W> p) {
  const int64_t n = int64_t(blockIdx.x) * blockDim.x + threadIdx.x, m = blockIdx.y;
  if (n >= p.n) return;
  float sum = 0;
  for (int64_t k = 0; k < p.k; ++k)
    sum = fmaf(dev::load(p.x + m * p.x_row + k), dev::load(p.w + n * p.w_row + k), sum);
  if (p.bias)
    sum += p.bias_is_bf16 ? to_f32(static_cast<const bf16*>(p.bias)[n]) : static_cast<const float*>(p.bias)[n];
  T* y = p.y + m * p.y_row + n;
  if (p.residual) sum = dev::rounded(sum, y) + dev::load(p.residual + m * p.residual_row + n);
  dev::store(y, sum);
}

template <class T, class W> cudaError_t launch_linear_naive(const LinearNaiveParams<T, W>& p, cudaStream_t stream) {
  return dev::launch(linear_naive<T, W>, {dev::blocks_of(p.n, 128), p.m}, 128, 0, stream, p);
}

}  // namespace glimpse::kernels
