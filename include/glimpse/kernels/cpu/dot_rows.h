// Dot products of a block of weight rows with a few activation rows: the body of every gemv variant.
// Include after one simd_*.h; bits depend on K alone, not on how many rows or neighbours are computed together.
//
// A weight is read once. 8 rows at a time (1 activation row) or 4 (more) keep as many streams in flight: one row alone
// reached 50-64 % of the read bandwidth. The rows of a block lie an eighth (a quarter) of the whole apart, so that each
// stream runs on through consecutive rows and the prefetchers need not start anew at every row: beside rows that follow
// one another that is 1.8 times as fast at K = 1024, 1.2 times at 3072, 1.1 times at 4096 (Zen 4, AVX-512, one core).
#pragma once
#include "glimpse/kernels/cpu/row_block.h"

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

// Where sums go: out[b * row + r * column].
struct Sums {
  float* out;
  int64_t row, column;
};

// out[b][r] = w[r] . x[b], one vector accumulator each; w_stride: from one of the R rows to the next.
template <int R, int B, class W>
inline void dot_block(const W* w, int64_t w_stride, const float* x, int64_t x_stride, int64_t K, const Sums& to) {
  Floats acc[B][R];
  for (int b = 0; b < B; ++b)
    for (int r = 0; r < R; ++r) acc[b][r] = zeros();
  int64_t k = 0;
  for (; k + kLanes <= K; k += kLanes) {
    Floats row[R];
    for (int r = 0; r < R; ++r) row[r] = load(w + r * w_stride + k);
    for (int b = 0; b < B; ++b) {
      const Floats v = load(x + b * x_stride + k);
      for (int r = 0; r < R; ++r) acc[b][r] = fma(row[r], v, acc[b][r]);
    }
  }
  if (k < K)
    for (int b = 0; b < B; ++b) {
      const Floats v = load_some(x + b * x_stride + k, K - k);
      for (int r = 0; r < R; ++r) acc[b][r] = fma(load_some(w + r * w_stride + k, K - k), v, acc[b][r]);
    }
  for (int b = 0; b < B; ++b)
    for (int r = 0; r < R; ++r) to.out[b * to.row + r * to.column] = sum(acc[b][r]);
}

// R weight rows with all M activation rows, as many at a time as the registers hold; from the second group on the
// weights come from the first-level cache.
template <int R, class W>
inline void dot_batch(const W* w, int64_t w_stride, const float* x, int64_t x_stride, int64_t M, int64_t K,
                      const Sums& to) {
  const auto from = [&](int64_t m) { return Sums{to.out + m * to.row, to.row, to.column}; };
  int64_t m = 0;
  if constexpr (kRegisters >= 32)
    for (; m + 4 <= M; m += 4) dot_block<R, 4>(w, w_stride, x + m * x_stride, x_stride, K, from(m));
  for (; m + 2 <= M; m += 2) dot_block<R, 2>(w, w_stride, x + m * x_stride, x_stride, K, from(m));
  for (; m < M; ++m) dot_block<R, 1>(w, w_stride, x + m * x_stride, x_stride, K, from(m));
}

// out[m * out_stride + r] = w[r] . x[m] for r < rows, m < M.
template <class W>
inline void dot_rows(const void* weights, int64_t w_stride, int64_t rows, const float* x, int64_t x_stride, int64_t M,
                     int64_t K, float* out, int64_t out_stride) {
  const W* w = static_cast<const W*>(weights);
  const int64_t streams = M == 1 ? 8 : 4, apart = rows / streams;
  for (int64_t r = 0; r < apart; ++r) {
    const Sums to{out + r, out_stride, apart};
    if (M == 1) dot_block<8, 1>(w + r * w_stride, apart * w_stride, x, x_stride, K, to);
    else dot_batch<4>(w + r * w_stride, apart * w_stride, x, x_stride, M, K, to);
  }
  for (int64_t r = apart * streams; r < rows; ++r)
    dot_batch<1>(w + r * w_stride, w_stride, x, x_stride, M, K, Sums{out + r, out_stride, 1});
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
