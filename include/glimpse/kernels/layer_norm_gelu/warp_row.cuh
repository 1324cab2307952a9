// layer_norm_gelu / warp_row: a warp a row, four rows a block; see row.cuh. Rows of up to 2048 elements.
#pragma once
#include "glimpse/kernels/layer_norm_gelu/row.cuh"

namespace glimpse::kernels {

// V: chunks of eight a lane; 2 are rows of up to 512 elements.
template <int V, class T>
__global__ void __launch_bounds__(dev::RowWarp::kThreads) layer_norm_gelu_warp_row(const LayerNormGeluRowParams<T> p) {
  layer_norm_gelu_row<dev::RowWarp, V>(p);
}

template <class T>
cudaError_t launch_layer_norm_gelu_warp_row(const LayerNormGeluRowParams<T>& p, cudaStream_t stream) {
  using Owner = dev::RowWarp;
  return dev::launch_rows<Owner>(layer_norm_gelu_warp_row<dev::kNarrow, T>,
                                 layer_norm_gelu_warp_row<Owner::kWide, T>, p, stream);
}

}  // namespace glimpse::kernels
