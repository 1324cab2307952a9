// The loops around the tile kernels: activation rows are transposed into tiles once, then threads take panels of weight
// rows as they come free, widen a piece of them and multiply it with every tile. No choice made here changes a bit.
#pragma once
#include <omp.h>

#include <algorithm>

#include "glimpse/core/context.h"
#include "glimpse/core/weight.h"

namespace glimpse::linear {

// One instruction set's kernels, see include/glimpse/kernels/cpu/tile_block.h.
struct TileKernels {
  int64_t lanes;
  int64_t packed;  // values of k that lie in the place of a float: 1, or 2 bf16
  void (*pack)(const void* const* rows, bool bf16, int64_t columns, int64_t K, float* out);
  void (*copy)(const void* w, bool bf16, int64_t at, int64_t stride, int64_t n, int64_t width, float* out);
  void (*multiply)(const float* w, int64_t k, int64_t n, const float* x, int64_t columns, bool add, float* sums);
  void (*unpack)(const float* sums, int64_t columns, int64_t n, int64_t count, float* rows, int64_t stride);
};

constexpr int64_t kTileVectors = 3;
constexpr int64_t kTileMost = 48;     // columns of a tile: 3 vectors of 16
constexpr int64_t kTileRows = 576;    // activation rows of a pass over the weights, which bounds the memory of tiles
constexpr int64_t kTilePanel = 128;   // weight rows of a panel at most
constexpr int64_t kTileDepth = 256;   // floats of a column at once: a tile's 48 KB and the weights' 128 KB stay near

// How activation rows become tiles: passes of nearly equal size, whole tiles and a narrower last one.
struct TilePlan {
  int64_t M, K, tile, pass, lanes, depth;  // depth: floats of a column
  TilePlan(const TensorView& x, const TileKernels& k)
      : M(x.shape[0]), K(x.shape[1]), tile(kTileVectors * k.lanes), lanes(k.lanes),
        depth((K + k.packed - 1) / k.packed) {
    const int64_t passes = std::max<int64_t>((M + kTileRows - 1) / kTileRows, 1);
    pass = ((M + passes - 1) / passes + tile - 1) / tile * tile;
  }
  int64_t columns(int64_t rows) const { return std::min((rows + lanes - 1) / lanes * lanes, tile); }
  int64_t pass_columns() const { return std::min((M + lanes - 1) / lanes * lanes, pass); }
  size_t tile_bytes() const { return Workspace::rounded(size_t(pass_columns() * depth) * sizeof(float)); }
  // Panels small enough for every thread to get some.
  int64_t panel(int64_t N, int threads) const {
    return std::clamp<int64_t>(N / (4 * threads) / 8 * 8, 16, kTilePanel);
  }
  // One thread: for each of `weights` a piece of the panel and the sums of a pass; rows to finish.
  size_t thread_bytes(int64_t weights) const {
    const int64_t floats = kTilePanel * (kTileDepth + weights * (pass_columns() + kTileMost));
    return Workspace::rounded(size_t(floats) * sizeof(float));
  }
};

inline size_t tiles_workspace(const TensorView& x, int64_t weights, const Context& ctx, const TileKernels& k) {
  const TilePlan plan(x, k);
  return plan.tile_bytes() + plan.thread_bytes(weights) * size_t(ctx.threads);
}

// Rows m0 .. of x as the tile at out. Columns past the last row repeat it and are never finished.
inline void pack_tile(const TensorView& x, int64_t m0, int64_t rows, const TilePlan& plan, const TileKernels& k,
                      float* out) {
  const void* row[kTileMost];
  for (int64_t c = 0; c < plan.columns(rows); ++c)
    row[c] = static_cast<const char*>(x.data) + (m0 + std::min(c, rows - 1)) * x.stride[0] * size_of(x.dtype);
  k.pack(row, x.dtype == DType::bf16, plan.columns(rows), plan.K, out);
}

// sums[tile][r][column] of weight rows n0 .. n0 + n - 1 with `rows` activation rows in tiles at x.
inline void multiply_panel(const Weight& w, int64_t n0, int64_t n, const float* x, int64_t rows, const TilePlan& plan,
                           const TileKernels& k, float* piece, float* sums) {
  const bool bf16 = w.data.dtype == DType::bf16;
  for (int64_t d = 0; d < plan.depth; d += kTileDepth) {
    const int64_t deep = std::min(kTileDepth, plan.depth - d), from = d * k.packed;
    k.copy(w.data.data, bf16, n0 * w.data.stride[0] + from, w.data.stride[0], n,
           std::min(deep * k.packed, plan.K - from), piece);
    for (int64_t m = 0; m < rows; m += plan.tile) {
      const int64_t columns = plan.columns(rows - m);
      k.multiply(piece, deep, n, x + m * plan.depth + d * columns, columns, d > 0, sums + m * n);
    }
  }
}

// finish(m, n0, n, const float* const sums[W]): row m's sums of columns n0 .. n0 + n - 1 for each weight.
template <int W, class Finish>
void multiply_tiles(const TensorView& x, const Weight* const (&w)[W], Context& ctx, const TileKernels& k,
                    const Finish& finish) {
  const TilePlan plan(x, k);
  const int64_t N = w[0]->N, most = plan.panel(N, ctx.threads), panels = (N + most - 1) / most;
  float* tiles = static_cast<float*>(ctx.workspace.take(plan.tile_bytes()));
  const size_t bytes = plan.thread_bytes(W);
  char* memory = static_cast<char*>(ctx.workspace.take(bytes * size_t(ctx.threads)));
#pragma omp parallel num_threads(ctx.threads)
  for (int64_t m0 = 0; m0 < plan.M; m0 += plan.pass) {
    const int64_t rows = std::min(plan.pass, plan.M - m0);
    float* piece = reinterpret_cast<float*>(memory + bytes * size_t(omp_get_thread_num()));
    float *sums = piece + kTilePanel * kTileDepth, *line = sums + W * kTilePanel * plan.pass_columns();
#pragma omp for schedule(dynamic, 1)
    for (int64_t m = 0; m < rows; m += plan.tile)
      pack_tile(x, m0 + m, std::min(plan.tile, rows - m), plan, k, tiles + m * plan.depth);
#pragma omp for schedule(dynamic, 1)
    for (int64_t p = 0; p < panels; ++p) {
      const int64_t n0 = p * most, n = std::min(most, N - n0);
      for (int i = 0; i < W; ++i)
        multiply_panel(*w[i], n0, n, tiles, rows, plan, k, piece, sums + i * kTilePanel * plan.pass_columns());
      for (int64_t m = 0; m < rows; m += plan.tile) {
        const int64_t count = std::min(plan.tile, rows - m);
        for (int i = 0; i < W; ++i)
          k.unpack(sums + i * kTilePanel * plan.pass_columns() + m * n, plan.columns(count), n, count,
                   line + i * kTilePanel * kTileMost, n);
        for (int64_t c = 0; c < count; ++c) {
          float* row[W];
          for (int i = 0; i < W; ++i) row[i] = line + i * kTilePanel * kTileMost + c * n;
          finish(m0 + m + c, n0, n, row);
        }
      }
    }
  }
}

}  // namespace glimpse::linear
