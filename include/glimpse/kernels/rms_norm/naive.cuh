// rms_norm / naive: one block of 256 threads a row, the row read twice.
//   traffic   x read twice (the second time from L2), weight and y once
//   accepts   f32 and bf16 activations, weight of either dtype, any strides
//   numerics  f32 sum of squares in a fixed order; rounds where the model rounds
#pragma once
#include "glimpse/device/block_reduce.cuh"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

template <class T, class W> struct RmsNormNaiveParams {
  const T* x;
  const W* weight;
  T* y;
  int64_t rows, columns, x_row, x_column, y_row, y_column, weight_step;
  float eps;
};

template <class T, class W> __global__ void __launch_bounds__(256) rms_norm_naive(const RmsNormNaiveParams<T, W> p) {
  const T* x = p.x + int64_t(blockIdx.x) * p.x_row;
  T* y = p.y + int64_t(blockIdx.x) * p.y_row;
  float sum = 0;
  for (int64_t c = threadIdx.x; c < p.columns; c += 256) {
    const float v = dev::load(x + c * p.x_column);
    sum += v * v;
  }
  const float scale = 1.f / sqrtf(dev::block_sum<256>(sum) / float(p.columns) + p.eps);
  for (int64_t c = threadIdx.x; c < p.columns; c += 256) {
    T* to = y + c * p.y_column;
    dev::store(to, dev::rounded(dev::load(x + c * p.x_column) * scale, to) * dev::load(p.weight + c * p.weight_step));
  }
}

template <class T, class W>
cudaError_t launch_rms_norm_naive(const RmsNormNaiveParams<T, W>& p, cudaStream_t stream) {
  return dev::launch(rms_norm_naive<T, W>, {p.rows}, 256, 0, stream, p);
}

}  // namespace glimpse::kernels
