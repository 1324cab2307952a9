// swiglu / vec: eight elements a thread, in 16-byte accesses.
//   traffic   gate, up and y once, the floor
//   accepts   f32 and bf16, rows of eights at 16-byte boundaries; y may be gate or up
//   numerics  silu in f32 with the quick division (2 ulp; 0 for g below -87), rounded, then the product, rounded
#pragma once
#include "glimpse/device/launch.cuh"
#include "glimpse/device/swiglu.cuh"
#include "glimpse/device/vec.h"

namespace glimpse::kernels {

template <class T> struct SwigluVecParams {
  const T *gate, *up;
  T* y;
  int64_t gate_row, up_row, y_row, rows;
  int columns;
};

constexpr int kSwigluThreads = 256;

// Blocks: rows by pieces of a row, so that no index is divided.
template <class T> __global__ void __launch_bounds__(kSwigluThreads) swiglu_vec(const SwigluVecParams<T> p) {
  const int64_t m = blockIdx.x;
  const int c = int(blockIdx.y * kSwigluThreads + threadIdx.x) * 8;
  if (c >= p.columns) return;
  const auto gate = dev::load_8(p.gate + m * p.gate_row + c), up = dev::load_8(p.up + m * p.up_row + c);
  float v[8], u[8];
  dev::widen(v, gate), dev::widen(u, up);
#pragma unroll
  for (float& g : v) g = dev::silu(g);
  dev::round_8<T>(v);
#pragma unroll
  for (int j = 0; j < 8; ++j) v[j] *= u[j];
  dev::store_8(p.y + m * p.y_row + c, dev::narrow<T>(v));
}

template <class T> cudaError_t launch_swiglu_vec(const SwigluVecParams<T>& p, cudaStream_t stream) {
  const dev::Grid grid{p.rows, dev::blocks_of(p.columns, kSwigluThreads * 8)};
  return dev::launch(swiglu_vec<T>, grid, kSwigluThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
