// layer_norm_gelu / warp_row: a warp a row, four rows a block; see row.cuh. Rows of up to 2048 elements.
#pragma once
#include "glimpse/kernels/layer_norm_gelu/row.cuh"

namespace glimpse::kernels {

using LayerNormGeluWarp = dev::WarpOwner<4>;
constexpr int kLayerNormGeluWarpMost = 8 * LayerNormGeluWarp::kSize * 8;

// V: chunks of eight a lane; 2 are rows of up to 512 elements.
template <int V, class T>
__global__ void __launch_bounds__(LayerNormGeluWarp::kThreads)
    layer_norm_gelu_warp_row(const LayerNormGeluRowParams<T> p) {
  layer_norm_gelu_row<LayerNormGeluWarp, V>(p);
}

template <class T>
cudaError_t launch_layer_norm_gelu_warp_row(const LayerNormGeluRowParams<T>& p, cudaStream_t stream) {
  using Warp = LayerNormGeluWarp;
  const bool narrow = p.columns <= 2 * Warp::kSize * 8;
  const auto kernel = narrow ? layer_norm_gelu_warp_row<2, T> : layer_norm_gelu_warp_row<8, T>;
  return dev::launch(kernel, {dev::blocks_of(p.rows, Warp::kRows)}, Warp::kThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
