// pos_embed / fused_row: a warp a patch, which stays in registers between its norm and the sum with its position.
//   traffic   x, y and, where wanted, normed once, the floor; 16 (bicubic) or 4 rows of the table from L1 and L2
//   accepts   f32 and bf16 activations and table, norm weight of either dtype, rows of eights at 16-byte boundaries,
//             up to 2048 elements; y may be x
//   numerics  coordinates, weights and sums in f32, the sum along the row first; rounds where the model rounds
#pragma once
#include "glimpse/kernels/pos_embed/row.cuh"

namespace glimpse::kernels {

template <class T, class E>
__global__ void __launch_bounds__(PosEmbedWarp::kThreads) pos_embed_fused_row(const PosEmbedRowParams<T, E> p) {
  const int64_t m = PosEmbedWarp::row();
  if (m < p.rows) pos_embed_row(p, m, PosInterpolated<T, E>(p, m));
}

template <class T, class E>
cudaError_t launch_pos_embed_fused_row(const PosEmbedRowParams<T, E>& p, cudaStream_t stream) {
  const dev::Grid grid{dev::blocks_of(p.rows, PosEmbedWarp::kRows)};
  return dev::launch(pos_embed_fused_row<T, E>, grid, PosEmbedWarp::kThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
