// A warp's products of a few rows of weights with a few rows of x: the loop of every gemv.
#pragma once
#include "glimpse/device/vec.h"
#include "glimpse/ptx/load.h"

namespace glimpse::kernels {

// Steps of 256 elements of K whose weights are all requested before the first is used. Rows * this is at least 4
// 16-byte loads a lane: one warp has 2 to 4 KB under way, an SM needs about 10 KB (A100) to 17 KB (H100) of them.
template <int Rows> constexpr int kGemvSteps = Rows >= 4 ? 1 : Rows == 2 ? 2 : 4;

// sum[m][r] = x[m] . w[r], in every lane. K is a multiple of 8, rows are aligned to 16 bytes. x comes through L1, where
// all warps of the block find it. A lane adds its elements in order of k, then a butterfly adds the lanes: the bits
// depend on neither M nor Rows.
template <int M, int Rows>
__device__ void gemv_rows(float (&sum)[M][Rows], const bf16* const (&x)[M], const bf16* const (&w)[Rows], int K) {
  constexpr int kSteps = kGemvSteps<Rows>;
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int m = 0; m < M; ++m)
#pragma unroll
    for (int r = 0; r < Rows; ++r) sum[m][r] = 0;
  for (int k0 = lane * 8; k0 < K; k0 += 256 * kSteps) {
    uint4 packed[kSteps][Rows];
#pragma unroll
    for (int s = 0; s < kSteps; ++s)
#pragma unroll
      for (int r = 0; r < Rows; ++r)
        packed[s][r] = k0 + s * 256 < K ? ptx::load_streamed(w[r] + k0 + s * 256) : make_uint4(0, 0, 0, 0);
#pragma unroll
    for (int s = 0; s < kSteps; ++s) {
      if (k0 + s * 256 >= K) break;
      float wide[Rows][8];
#pragma unroll
      for (int r = 0; r < Rows; ++r) dev::widen(wide[r], packed[s][r]);
#pragma unroll
      for (int m = 0; m < M; ++m) {
        float xs[8];
        dev::widen(xs, dev::load_16(x[m] + k0 + s * 256));
#pragma unroll
        for (int r = 0; r < Rows; ++r)
#pragma unroll
          for (int j = 0; j < 8; ++j) sum[m][r] = fmaf(wide[r][j], xs[j], sum[m][r]);
      }
    }
  }
#pragma unroll
  for (int m = 0; m < M; ++m)
#pragma unroll
    for (int r = 0; r < Rows; ++r)
#pragma unroll
      for (int step = 16; step; step /= 2) sum[m][r] += __shfl_xor_sync(0xffffffffu, sum[m][r], step);
}

}  // namespace glimpse::kernels
