// rms_norm / block_row: 256 threads a row; see row.cuh. Rows of up to 8192 elements.
#pragma once
#include "glimpse/kernels/rms_norm/row.cuh"

namespace glimpse::kernels {

using RmsNormBlock = dev::BlockOwner<256>;
constexpr int kRmsNormBlockMost = 4 * RmsNormBlock::kSize * 8;

// V: chunks of eight a thread; 2 are rows of up to 4096 elements.
template <int V, class T>
__global__ void __launch_bounds__(RmsNormBlock::kThreads)
    rms_norm_block_row(const RmsNormRowParams<T> p) {
  rms_norm_row<RmsNormBlock, V>(p);
}

template <class T>
cudaError_t launch_rms_norm_block_row(const RmsNormRowParams<T>& p, cudaStream_t stream) {
  using Block = RmsNormBlock;
  const auto kernel = p.columns <= 2 * Block::kSize * 8 ? rms_norm_block_row<2, T> : rms_norm_block_row<4, T>;
  return dev::launch(kernel, {p.rows}, Block::kThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
