// norm_add_norm / block_row: 256 threads a row; see row.cuh. Rows of up to 8192 elements.
#pragma once
#include "glimpse/kernels/norm_add_norm/row.cuh"

namespace glimpse::kernels {

// V: chunks of eight a thread; 2 are rows of up to 4096 elements.
template <int V, class T>
__global__ void __launch_bounds__(dev::RowBlock::kThreads) norm_add_norm_block_row(const NormAddNormRowParams<T> p) {
  norm_add_norm_row<dev::RowBlock, V>(p);
}

template <class T>
cudaError_t launch_norm_add_norm_block_row(const NormAddNormRowParams<T>& p, cudaStream_t stream) {
  using Owner = dev::RowBlock;
  return dev::launch_rows<Owner>(norm_add_norm_block_row<dev::kNarrow, T>,
                                 norm_add_norm_block_row<Owner::kWide, T>, p, stream);
}

}  // namespace glimpse::kernels
