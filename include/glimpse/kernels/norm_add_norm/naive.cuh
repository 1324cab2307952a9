// norm_add_norm / naive: one block of 256 threads a row, the row read again from cache for each of its three steps.
//   traffic   x and residual read twice, residual and y written once, residual read back once
//   accepts   f32 and bf16 activations, weights of either dtype, any strides; y may be x
//   numerics  f32 sums of squares in a fixed order; rounds where the model rounds
#pragma once
#include "glimpse/core/tensor.h"
#include "glimpse/device/block_reduce.cuh"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

template <class T, class W> struct NormAddNormNaiveParams {
  View<T, 2> x, residual, y;  // [rows, columns]
  View<W, 1> post, pre;       // [columns]
  float eps;
};

template <class T, class W>
__global__ void __launch_bounds__(256) norm_add_norm_naive(const NormAddNormNaiveParams<T, W> p) {
  const int64_t m = blockIdx.x, columns = p.x.shape[1];
  const T* as = nullptr;  // the dtype that values are rounded to
  float sum = 0;
  for (int64_t c = threadIdx.x; c < columns; c += 256) {
    const float v = dev::load(&p.x(m, c));
    sum += v * v;
  }
  float scale = 1.f / sqrtf(dev::block_sum<256>(sum) / float(columns) + p.eps);
  sum = 0;
  for (int64_t c = threadIdx.x; c < columns; c += 256) {
    const float normed = dev::rounded(dev::load(&p.x(m, c)) * scale, as);
    const float branch = dev::rounded(normed * dev::load(&p.post(c)), as);
    const float v = dev::rounded(dev::load(&p.residual(m, c)) + branch, as);
    dev::store(&p.residual(m, c), v);
    sum += v * v;
  }
  scale = 1.f / sqrtf(dev::block_sum<256>(sum) / float(columns) + p.eps);
  for (int64_t c = threadIdx.x; c < columns; c += 256)  // the elements this thread has just written
    dev::store(&p.y(m, c), dev::rounded(dev::load(&p.residual(m, c)) * scale, as) * dev::load(&p.pre(c)));
}

template <class T, class W>
cudaError_t launch_norm_add_norm_naive(const NormAddNormNaiveParams<T, W>& p, cudaStream_t stream) {
  return dev::launch(norm_add_norm_naive<T, W>, {p.x.shape[0]}, 256, 0, stream, p);
}

}  // namespace glimpse::kernels
