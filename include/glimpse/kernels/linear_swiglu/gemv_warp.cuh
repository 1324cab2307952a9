// linear_swiglu / gemv_warp: a warp streams a row of gate and the same of up and computes that output of up to 8 rows.
//   traffic   2 N K weights once, past L1: the floor; x (M K, through L1 and L2) once a block of 4 outputs
//   accepts   M <= 8, bf16, K a multiple of 8, rows of x, gate and up aligned to 16 bytes; y of any layout
//   numerics  f32 sums in an order that depends on K alone; gate, up, silu and the product each rounded, as the model
//   registers: kernels/resources.md; no shared memory
#pragma once
#include "glimpse/device/launch.cuh"
#include "glimpse/device/swiglu.cuh"
#include "glimpse/kernels/linear/gemv_rows.cuh"
#include "glimpse/kernels/linear_swiglu/params.h"

namespace glimpse::kernels {

constexpr int kSwigluGemvWarps = 4;  // per block

// M: rows computed; those beyond p.M repeat the last and are not stored.
template <int M>
__global__ void __launch_bounds__(kSwigluGemvWarps * 32, 4) linear_swiglu_gemv_warp(const LinearSwigluParams p) {
  const int n = int(blockIdx.x) * kSwigluGemvWarps + int(threadIdx.x) / 32;
  if (n >= p.N) return;
  const bf16* x[M];
#pragma unroll
  for (int m = 0; m < M; ++m) x[m] = p.x + min(m, p.M - 1) * p.x_row;
  const bf16* const w[2] = {p.gate + n * p.gate_row, p.up + n * p.up_row};
  float sum[M][2];
  gemv_rows<M, 2>(sum, x, w, p.K);
  const int lane = int(threadIdx.x) % 32;
#pragma unroll
  for (int m = 0; m < M; ++m)
    if (lane == m && m < p.M) p.y[m * p.y_row + n] = to_bf16(dev::swiglu_bf16(sum[m][0], sum[m][1]));
}

inline cudaError_t launch_linear_swiglu_gemv_warp(const LinearSwigluParams& p, cudaStream_t stream) {
  if (!p.M) return cudaSuccess;
  const auto kernel = p.M == 1   ? linear_swiglu_gemv_warp<1>
                      : p.M == 2 ? linear_swiglu_gemv_warp<2>
                      : p.M <= 4 ? linear_swiglu_gemv_warp<4>
                                 : linear_swiglu_gemv_warp<8>;
  return dev::launch(kernel, {dev::blocks_of(p.N, kSwigluGemvWarps)}, kSwigluGemvWarps * 32, 0, stream, p);
}

}  // namespace glimpse::kernels
