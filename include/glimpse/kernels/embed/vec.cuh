// embed / vec: eight elements a thread, in 16-byte accesses.
//   traffic   a row of the table or of the vision rows, and y, once: the floor
//   accepts   f32 and bf16 table and y in any mixture, vision of y's dtype, rows of eights at 16-byte boundaries; ids
//             inside of the table, vision rows inside of theirs
//   numerics  a copy, rounded where y is bf16 and the table is not
#pragma once
#include "glimpse/device/launch.cuh"
#include "glimpse/device/vec.h"

namespace glimpse::kernels {

// T of y and the vision rows, W of the table.
template <class T, class W> struct EmbedVecParams {
  const int32_t* ids;
  const W* table;
  const T* vision;            // null without
  const int32_t* vision_row;  // with vision: -1 or a row of it
  T* y;
  int64_t ids_step, vision_row_step, table_row, vision_stride, y_row, rows;
  int columns;
};

constexpr int kEmbedThreads = 256;

template <class T, class W> __global__ void __launch_bounds__(kEmbedThreads) embed_vec(const EmbedVecParams<T, W> p) {
  const int64_t m = blockIdx.x;
  const int c = int(blockIdx.y * kEmbedThreads + threadIdx.x) * 8;
  if (c >= p.columns) return;
  const int row = p.vision ? p.vision_row[m * p.vision_row_step] : -1;
  T* y = p.y + m * p.y_row + c;
  if (row >= 0) {
    dev::store_8(y, dev::load_8(p.vision + row * p.vision_stride + c));
    return;
  }
  float v[8];
  dev::widen(v, dev::load_8(p.table + p.ids[m * p.ids_step] * p.table_row + c));
  dev::store_8(y, dev::narrow<T>(v));
}

template <class T, class W> cudaError_t launch_embed_vec(const EmbedVecParams<T, W>& p, cudaStream_t stream) {
  const dev::Grid grid{p.rows, dev::blocks_of(p.columns, kEmbedThreads * 8)};
  return dev::launch(embed_vec<T, W>, grid, kEmbedThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
