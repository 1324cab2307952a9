// A block's copies of tiles of bf16 rows: global to swizzled shared memory asynchronously, and back with a residual.
#pragma once
#include "glimpse/device/swizzle.h"
#include "glimpse/device/vec.h"
#include "glimpse/ptx/cp_async.h"

namespace glimpse::dev {

// Begins the copy of Rows rows of Chunks 16-byte chunks by Threads threads. Rows and chunks beyond `rows` and `chunks`
// become zero without being read. Groups and waits are the caller's.
template <int Rows, int Chunks, int Threads>
__device__ void load_tile(char* to, const bf16* from, int64_t row_stride, int rows, int chunks,
                          int thread = int(threadIdx.x)) {
  constexpr int kRowsAtOnce = Threads / Chunks;
  static_assert(Threads % Chunks == 0 && Rows % kRowsAtOnce == 0, "every thread copies as many chunks");
  static_assert(kRowsAtOnce % 8 == 0, "the swizzle is the same in all of a thread's rows");
  const int row = thread / Chunks, chunk = thread % Chunks;
  to += Swizzle<Chunks>::bytes(row, chunk), from += row * row_stride + chunk * 8;
  const int left = chunk < chunks ? rows - row : 0;
#pragma unroll
  for (int i = 0; i < Rows; i += kRowsAtOnce) {
    ptx::cp_async_16(to + i * Chunks * 16, from, i < left);
    from += kRowsAtOnce * row_stride;
  }
}

// Where a tile of results goes. residual may be null, or y itself: an element is read and written by one thread.
struct TileOut {
  bf16* y;
  const bf16* residual;
  int64_t y_row, residual_row;
  int rows, columns;  // of the tile that exist
  bool aligned;       // all rows begin at 16-byte boundaries
};

__device__ inline void store_elements(const TileOut& out, int row, int column, const uint4& v) {
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    if (column + j >= out.columns) break;
    bf16 e = element(v, j);
    if (out.residual) e = to_bf16(to_f32(e) + to_f32(out.residual[row * out.residual_row + column + j]));
    out.y[row * out.y_row + column + j] = e;
  }
}

// y = tile (+ residual, added to the rounded values and rounded again); 16 bytes a thread where rows are aligned.
template <int Rows, int Chunks, int Threads> __device__ void store_tile(const char* from, const TileOut& out) {
  for (int i = int(threadIdx.x); i < Rows * Chunks; i += Threads) {
    const int row = i / Chunks, chunk = i % Chunks, column = chunk * 8;
    if (row >= out.rows || column >= out.columns) continue;
    uint4 v = load_16(from + Swizzle<Chunks>::bytes(row, chunk));
    if (!out.aligned || column + 8 > out.columns) {
      store_elements(out, row, column, v);
      continue;
    }
    if (out.residual) v = add_bf16(v, load_16(out.residual + row * out.residual_row + column));
    store_16(out.y + row * out.y_row + column, v);
  }
}

}  // namespace glimpse::dev
