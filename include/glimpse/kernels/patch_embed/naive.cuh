// patch_embed / naive: the conv3d directly, one thread an output.
//   traffic   pixels and w read once per output from cache
//   accepts   u8 pixels with a table of their values, or f32 pixels; weights and y f32 or bf16; any row strides
//   numerics  pixels rounded to y's dtype; f32 accumulation in order of k, bias in f32, one rounding
#pragma once
#include "glimpse/core/tensor.h"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

// One of the two pixel views has data.
template <class T, class W> struct PatchEmbedNaiveParams {
  View<uint8_t, 2> levels;    // [patches, k]
  View<float, 2> pixels;      // [patches, k]
  View<float, 2> table;       // [channels, 256], with levels
  View<W, 2> w;               // [n, k]
  const void* bias;           // null, or [n] of bias_is_bf16 ? bf16 : f32
  View<T, 2> y;               // [patches, n]
  bool bias_is_bf16;
};

template <class T, class W> __global__ void patch_embed_naive(const PatchEmbedNaiveParams<T, W> p) {
  const int64_t at = int64_t(blockIdx.x) * blockDim.x + threadIdx.x, columns = p.y.shape[1], depth = p.w.shape[1];
  const int64_t m = at / columns, n = at % columns;
  if (m >= p.y.shape[0]) return;
  const int64_t channel = p.levels.data ? depth / p.table.shape[0] : 1;  // columns of one
  float sum = 0;
  for (int64_t k = 0; k < depth; ++k) {
    const float pixel = p.levels.data ? p.table(k / channel, p.levels(m, k)) : p.pixels(m, k);
    sum = fmaf(dev::rounded(pixel, static_cast<const T*>(nullptr)), dev::load(&p.w(n, k)), sum);
  }
  if (p.bias)
    sum += p.bias_is_bf16 ? to_f32(static_cast<const bf16*>(p.bias)[n]) : static_cast<const float*>(p.bias)[n];
  dev::store(&p.y(m, n), sum);
}

template <class T, class W>
cudaError_t launch_patch_embed_naive(const PatchEmbedNaiveParams<T, W>& p, cudaStream_t stream) {
  const int64_t n = p.y.shape[0] * p.y.shape[1];
  return dev::launch(patch_embed_naive<T, W>, {dev::blocks_of(n, 128)}, 128, 0, stream, p);
}

}  // namespace glimpse::kernels
