// rms_norm / warp_row: a warp a row, four rows a block; see row.cuh. Rows of up to 2048 elements.
#pragma once
#include "glimpse/kernels/rms_norm/row.cuh"

namespace glimpse::kernels {

using RmsNormWarp = dev::WarpOwner<4>;
constexpr int kRmsNormWarpMost = 8 * RmsNormWarp::kSize * 8;

// V: chunks of eight a lane; 2 are rows of up to 512 elements.
template <int V, class T>
__global__ void __launch_bounds__(RmsNormWarp::kThreads)
    rms_norm_warp_row(const RmsNormRowParams<T> p) {
  rms_norm_row<RmsNormWarp, V>(p);
}

template <class T>
cudaError_t launch_rms_norm_warp_row(const RmsNormRowParams<T>& p, cudaStream_t stream) {
  using Warp = RmsNormWarp;
  const auto kernel = p.columns <= 2 * Warp::kSize * 8 ? rms_norm_warp_row<2, T> : rms_norm_warp_row<8, T>;
  return dev::launch(kernel, {dev::blocks_of(p.rows, Warp::kRows)}, Warp::kThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
