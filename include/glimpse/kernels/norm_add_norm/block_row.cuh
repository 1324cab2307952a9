// norm_add_norm / block_row: 256 threads a row; see row.cuh. Rows of up to 8192 elements.
#pragma once
#include "glimpse/kernels/norm_add_norm/row.cuh"

namespace glimpse::kernels {

using NormAddNormBlock = dev::BlockOwner<256>;
constexpr int kNormAddNormBlockMost = 4 * NormAddNormBlock::kSize * 8;

// V: chunks of eight a thread; 2 are rows of up to 4096 elements.
template <int V, class T>
__global__ void __launch_bounds__(NormAddNormBlock::kThreads)
    norm_add_norm_block_row(const NormAddNormRowParams<T> p) {
  norm_add_norm_row<NormAddNormBlock, V>(p);
}

template <class T>
cudaError_t launch_norm_add_norm_block_row(const NormAddNormRowParams<T>& p, cudaStream_t stream) {
  using Block = NormAddNormBlock;
  const auto kernel = p.columns <= 2 * Block::kSize * 8 ? norm_add_norm_block_row<2, T> : norm_add_norm_block_row<4, T>;
  return dev::launch(kernel, {p.rows}, Block::kThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
