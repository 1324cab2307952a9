// linear / gemv_warp: a warp computes two outputs of each of up to 8 rows; the weights are streamed past L1 once.
//   traffic   N K weights once: the floor; x (M K, through L1 and L2) once a block of 8 weight rows
//   accepts   M <= 8, bf16, K a multiple of 8, rows of x and w aligned to 16 bytes; y, residual and bias of any layout
//   numerics  f32 sums in an order that depends on K alone; bias in f32, one rounding; the residual rounds again
//   registers: kernels/resources.md; no shared memory
#pragma once
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"
#include "glimpse/kernels/linear/gemv_rows.cuh"

namespace glimpse::kernels {

struct LinearGemvParams {
  const bf16 *x, *w;
  const void* bias;      // null, or [N] of bias_is_bf16 ? bf16 : f32
  const bf16* residual;  // may be null
  bf16* y;
  int64_t x_row, w_row, residual_row, y_row;
  int M, N, K;
  bool bias_is_bf16;
};

constexpr int kGemvWarps = 4, kGemvRows = 2;  // per block; weight rows per warp

// M: rows computed; those beyond p.M repeat the last and are not stored.
template <int M> __global__ void __launch_bounds__(kGemvWarps * 32, 4) linear_gemv_warp(const LinearGemvParams p) {
  const int n0 = (int(blockIdx.x) * kGemvWarps + int(threadIdx.x) / 32) * kGemvRows;
  if (n0 >= p.N) return;
  const bf16 *x[M], *w[kGemvRows];
#pragma unroll
  for (int m = 0; m < M; ++m) x[m] = p.x + min(m, p.M - 1) * p.x_row;
#pragma unroll
  for (int r = 0; r < kGemvRows; ++r) w[r] = p.w + min(n0 + r, p.N - 1) * p.w_row;
  float sum[M][kGemvRows];
  gemv_rows<M, kGemvRows>(sum, x, w, p.K);
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int m = 0; m < M; ++m)
#pragma unroll
    for (int r = 0; r < kGemvRows; ++r) {
      const int n = n0 + r;
      if (lane != m * kGemvRows + r || m >= p.M || n >= p.N) continue;
      float v = sum[m][r];
      if (p.bias)
        v += p.bias_is_bf16 ? to_f32(static_cast<const bf16*>(p.bias)[n]) : static_cast<const float*>(p.bias)[n];
      if (p.residual) v = to_f32(to_bf16(v)) + to_f32(p.residual[m * p.residual_row + n]);
      p.y[m * p.y_row + n] = to_bf16(v);
    }
}

inline cudaError_t launch_linear_gemv_warp(const LinearGemvParams& p, cudaStream_t stream) {
  if (!p.M || !p.N) return cudaSuccess;
  constexpr int kPerBlock = kGemvWarps * kGemvRows;
  const auto kernel = p.M == 1   ? linear_gemv_warp<1>
                      : p.M == 2 ? linear_gemv_warp<2>
                      : p.M <= 4 ? linear_gemv_warp<4>
                                 : linear_gemv_warp<8>;
  return dev::launch(kernel, {dev::blocks_of(p.N, kPerBlock)}, kGemvWarps * 32, 0, stream, p);
}

}  // namespace glimpse::kernels
