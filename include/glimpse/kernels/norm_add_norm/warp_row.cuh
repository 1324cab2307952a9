// norm_add_norm / warp_row: a warp a row, four rows a block; see row.cuh. Rows of up to 2048 elements.
#pragma once
#include "glimpse/kernels/norm_add_norm/row.cuh"

namespace glimpse::kernels {

// V: chunks of eight a lane; 2 are rows of up to 512 elements.
template <int V, class T>
__global__ void __launch_bounds__(dev::RowWarp::kThreads) norm_add_norm_warp_row(const NormAddNormRowParams<T> p) {
  norm_add_norm_row<dev::RowWarp, V>(p);
}

template <class T>
cudaError_t launch_norm_add_norm_warp_row(const NormAddNormRowParams<T>& p, cudaStream_t stream) {
  using Owner = dev::RowWarp;
  return dev::launch_rows<Owner>(norm_add_norm_warp_row<dev::kNarrow, T>,
                                 norm_add_norm_warp_row<Owner::kWide, T>, p, stream);
}

}  // namespace glimpse::kernels
