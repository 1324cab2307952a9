// rms_norm / block_row: 256 threads a row; see row.cuh. Rows of up to 8192 elements.
#pragma once
#include "glimpse/kernels/rms_norm/row.cuh"

namespace glimpse::kernels {

// V: chunks of eight a thread; 2 are rows of up to 4096 elements.
template <int V, class T>
__global__ void __launch_bounds__(dev::RowBlock::kThreads) rms_norm_block_row(const RmsNormRowParams<T> p) {
  rms_norm_row<dev::RowBlock, V>(p);
}

template <class T>
cudaError_t launch_rms_norm_block_row(const RmsNormRowParams<T>& p, cudaStream_t stream) {
  using Owner = dev::RowBlock;
  return dev::launch_rows<Owner>(rms_norm_block_row<dev::kNarrow, T>, rms_norm_block_row<Owner::kWide, T>, p, stream);
}

}  // namespace glimpse::kernels
