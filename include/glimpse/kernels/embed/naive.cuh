// embed / naive: one thread an element.
//   traffic   a row of the table or of the vision rows read, y written once
//   accepts   f32 and bf16 in any mixture, any strides; ids inside of the table, vision rows inside of theirs
//   numerics  a copy, rounded where y is bf16 and the source is not
#pragma once
#include "glimpse/core/tensor.h"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

// T, W and V: of y, the table and the vision rows.
template <class T, class W, class V> struct EmbedNaiveParams {
  View<int32_t, 1> ids;         // [rows]
  View<W, 2> table;             // [vocabulary, columns]
  View<V, 2> vision;            // [vision rows, columns]; may be without data
  View<int32_t, 1> vision_row;  // [rows], with vision: -1 or a row of it
  View<T, 2> y;                 // [rows, columns]
};

template <class T, class W, class V> __global__ void embed_naive(const EmbedNaiveParams<T, W, V> p) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x, m = i / p.y.shape[1], c = i % p.y.shape[1];
  if (m >= p.y.shape[0]) return;
  const int64_t row = p.vision.data ? p.vision_row(m) : -1;
  dev::store(&p.y(m, c), row >= 0 ? dev::load(&p.vision(row, c)) : dev::load(&p.table(p.ids(m), c)));
}

template <class T, class W, class V>
cudaError_t launch_embed_naive(const EmbedNaiveParams<T, W, V>& p, cudaStream_t stream) {
  return dev::launch(embed_naive<T, W, V>, {dev::blocks_of(p.y.shape[0] * p.y.shape[1], 256)}, 256, 0, stream, p);
}

}  // namespace glimpse::kernels
