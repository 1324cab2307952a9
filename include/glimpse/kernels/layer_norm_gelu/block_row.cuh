// layer_norm_gelu / block_row: 256 threads a row; see row.cuh. Rows of up to 8192 elements.
#pragma once
#include "glimpse/kernels/layer_norm_gelu/row.cuh"

namespace glimpse::kernels {

using LayerNormGeluBlock = dev::BlockOwner<256>;
constexpr int kLayerNormGeluBlockMost = 4 * LayerNormGeluBlock::kSize * 8;

// V: chunks of eight a thread; 2 are rows of up to 4096 elements.
template <int V, class T>
__global__ void __launch_bounds__(LayerNormGeluBlock::kThreads)
    layer_norm_gelu_block_row(const LayerNormGeluRowParams<T> p) {
  layer_norm_gelu_row<LayerNormGeluBlock, V>(p);
}

template <class T>
cudaError_t launch_layer_norm_gelu_block_row(const LayerNormGeluRowParams<T>& p, cudaStream_t stream) {
  using Block = LayerNormGeluBlock;
  const bool narrow = p.columns <= 2 * Block::kSize * 8;
  const auto kernel = narrow ? layer_norm_gelu_block_row<2, T> : layer_norm_gelu_block_row<4, T>;
  return dev::launch(kernel, {p.rows}, Block::kThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
