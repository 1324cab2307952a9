// swiglu / naive: one thread an element.
//   traffic   gate and up read once, y written once
//   accepts   f32 and bf16, any strides
//   numerics  silu in f32, rounded, then the product, rounded (as the model)
#pragma once
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

template <class T> struct SwigluNaiveParams {
  const T *gate, *up;
  T* y;
  int64_t rows, columns, gate_row, gate_column, up_row, up_column, y_row, y_column;
};

template <class T> __global__ void swiglu_naive(const SwigluNaiveParams<T> p) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= p.rows * p.columns) return;
  const int64_t r = i / p.columns, c = i % p.columns;
  const float g = dev::load(p.gate + r * p.gate_row + c * p.gate_column);
  const float u = dev::load(p.up + r * p.up_row + c * p.up_column);
  T* y = p.y + r * p.y_row + c * p.y_column;
  dev::store(y, dev::rounded(g / (1.f + expf(-g)), y) * u);
}

template <class T> cudaError_t launch_swiglu_naive(const SwigluNaiveParams<T>& p, cudaStream_t stream) {
  return dev::launch(swiglu_naive<T>, {dev::blocks_of(p.rows * p.columns, 256)}, 256, 0, stream, p);
}

}  // namespace glimpse::kernels
