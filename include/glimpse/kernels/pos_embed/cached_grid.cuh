// pos_embed / cached_grid: each place of a grid is interpolated once, for all patches that lie there (the frames of a
// video); then a warp a patch norms it and adds its place's row.
//   traffic   x and y once, the floor; each distinct position written once and read by its patches
//   accepts   as fused_row
//   numerics  as fused_row, to the bit
#pragma once
#include "glimpse/kernels/pos_embed/row.cuh"

namespace glimpse::kernels {

template <class T, class E> struct PosEmbedCachedParams {
  PosEmbedRowParams<T, E> row;
  int32_t* slots;  // [2 rows]: a hash table of patches, all -1 before
  int32_t* owner;  // [rows]: a patch at the same place, the one that computes
  T* cache;        // [rows, columns]
};

// Finds the patch that stands for each place. Which one it is may change from run to run, the bits of y do not.
template <class T, class E> __global__ void __launch_bounds__(256) pos_embed_cached_grid_own(
    const PosEmbedCachedParams<T, E> p) {
  const int m = int(blockIdx.x * 256 + threadIdx.x), slots = int(2 * p.row.rows);
  if (m >= p.row.rows) return;
  const auto at = [&](int patch, int i) { return p.row.coords(patch, i); };
  const unsigned hash = unsigned(at(m, 0)) * 2654435761u ^ unsigned(at(m, 1)) * 2246822519u ^
                        unsigned(at(m, 2)) * 3266489917u ^ unsigned(at(m, 3)) * 668265263u;
  for (unsigned slot = hash % unsigned(slots);; slot = slot + 1 == unsigned(slots) ? 0 : slot + 1) {
    const int found = atomicCAS(p.slots + slot, -1, m), patch = found < 0 ? m : found;
    if (at(patch, 0) != at(m, 0) || at(patch, 1) != at(m, 1) || at(patch, 2) != at(m, 2) || at(patch, 3) != at(m, 3))
      continue;
    p.owner[m] = patch;
    return;
  }
}

template <class T, class E> __global__ void __launch_bounds__(PosEmbedWarp::kThreads) pos_embed_cached_grid_fill(
    const PosEmbedCachedParams<T, E> p) {
  const int64_t m = PosEmbedWarp::row();
  if (m >= p.row.rows || p.owner[m] != m) return;
  const PosInterpolated<T, E> position(p.row, m);
  dev::each_chunk<PosEmbedWarp, PosEmbedWarp::kWide>(
      p.row.columns, [&](int, int c) { dev::store_8(p.cache + m * p.row.columns + c, position.load(c)); });
}

template <class T> struct PosCached {
  const T* row;
  __device__ dev::Eight<T> load(int column) const { return dev::load_8(row + column); }
};

template <class T, class E> __global__ void __launch_bounds__(PosEmbedWarp::kThreads) pos_embed_cached_grid(
    const PosEmbedCachedParams<T, E> p) {
  const int64_t m = PosEmbedWarp::row();
  if (m < p.row.rows) pos_embed_row(p.row, m, PosCached<T>{p.cache + int64_t(p.owner[m]) * p.row.columns});
}

template <class T, class E>
cudaError_t launch_pos_embed_cached_grid(const PosEmbedCachedParams<T, E>& p, cudaStream_t stream) {
  const dev::Grid each{dev::blocks_of(p.row.rows, 256)}, warps{dev::blocks_of(p.row.rows, PosEmbedWarp::kRows)};
  constexpr int kThreads = PosEmbedWarp::kThreads;
  if (const auto e = dev::launch(pos_embed_cached_grid_own<T, E>, each, 256, 0, stream, p)) return e;
  if (const auto e = dev::launch(pos_embed_cached_grid_fill<T, E>, warps, kThreads, 0, stream, p)) return e;
  return dev::launch(pos_embed_cached_grid<T, E>, warps, kThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
