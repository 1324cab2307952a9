// norm_add_norm / warp_row: a warp a row, four rows a block; see row.cuh. Rows of up to 2048 elements.
#pragma once
#include "glimpse/kernels/norm_add_norm/row.cuh"

namespace glimpse::kernels {

using NormAddNormWarp = dev::WarpOwner<4>;
constexpr int kNormAddNormWarpMost = 8 * NormAddNormWarp::kSize * 8;

// V: chunks of eight a lane; 2 are rows of up to 512 elements.
template <int V, class T>
__global__ void __launch_bounds__(NormAddNormWarp::kThreads)
    norm_add_norm_warp_row(const NormAddNormRowParams<T> p) {
  norm_add_norm_row<NormAddNormWarp, V>(p);
}

template <class T>
cudaError_t launch_norm_add_norm_warp_row(const NormAddNormRowParams<T>& p, cudaStream_t stream) {
  using Warp = NormAddNormWarp;
  const auto kernel = p.columns <= 2 * Warp::kSize * 8 ? norm_add_norm_warp_row<2, T> : norm_add_norm_warp_row<8, T>;
  return dev::launch(kernel, {dev::blocks_of(p.rows, Warp::kRows)}, Warp::kThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
