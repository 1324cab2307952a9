// A FlashAttention-2 class kernel: 64 query rows a block, 16 a warp; keys and values come in tiles of 64 through a ring
// of two stages of cp.async, in chunks of 16 bytes that are swizzled so that ldmatrix meets no bank twice.
#pragma once

#include <cuda_fp16.h>

#include <cstdint>

namespace attention {

constexpr int kRows = 64, kKeys = 64, kThreads = 128;

constexpr int shared_bytes(int head_size) { return 2 * 2 * kKeys * head_size * static_cast<int>(sizeof(__half)); }

__device__ inline uint32_t shared_address(const void* p) { return static_cast<uint32_t>(__cvta_generic_to_shared(p)); }
__device__ inline void copy_16(uint32_t to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from));
}
template <bool Transposed>
__device__ inline void load_matrices(uint32_t (&r)[4], uint32_t at) {
  if constexpr (Transposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(at));
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(at));
}
__device__ inline void multiply(float (&c)[4], const uint32_t* a, uint32_t b0, uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
__device__ inline uint32_t pack(float low, float high) {
  const __half2 h = __floats2half2_rn(low, high);
  return reinterpret_cast<const uint32_t&>(h);
}

// Where chunk `chunk` of row `row` lies, in halves.
template <int D>
__device__ inline int place(int row, int chunk) {
  return row * D + (chunk ^ (row & 7)) * 8;
}

template <int D>
__device__ void load_tile(const __half* from, __half* to) {
  for (int i = threadIdx.x; i < kKeys * D / 8; i += kThreads)
    copy_16(shared_address(to + place<D>(i / (D / 8), i % (D / 8))), from + i * 8);
}

// Running softmax of one tile: s becomes exp2(s - maximum), and what was summed so far is scaled to the new maximum.
template <int Tiles, int D>
__device__ void soften(float (&s)[Tiles][4], float (&o)[D / 8][4], float (&maximum)[2], float (&sum)[2]) {
  for (int half = 0; half < 2; ++half) {
    float m = maximum[half];
    for (int t = 0; t < Tiles; ++t) m = fmaxf(m, fmaxf(s[t][2 * half], s[t][2 * half + 1]));
    m = fmaxf(m, __shfl_xor_sync(~0u, m, 1));
    m = fmaxf(m, __shfl_xor_sync(~0u, m, 2));
    const float scale = exp2f(maximum[half] - m);
    float total = 0;
    for (int t = 0; t < Tiles; ++t)
      for (int i = 2 * half; i < 2 * half + 2; ++i) total += s[t][i] = exp2f(s[t][i] - m);
    sum[half] = sum[half] * scale + total;
    maximum[half] = m;
    for (int t = 0; t < D / 8; ++t) o[t][2 * half] *= scale, o[t][2 * half + 1] *= scale;
  }
}

// q, k, v, out: [head][n][D], n a multiple of 64. Grid: n / 64 tiles of rows x heads. scale is for powers of two: the
// scores' factor times log2(e).
template <int D>
__global__ void __launch_bounds__(kThreads)
    forward(const __half* q, const __half* k, const __half* v, float* out, int n, float scale, bool causal) {
  extern __shared__ __align__(128) __half ring[];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, pair = lane % 4 * 2;
  const size_t head = static_cast<size_t>(blockIdx.y) * n * D;
  const int row = blockIdx.x * kRows + warp * 16 + group;
  uint32_t a[D / 16][4];
  for (int i = 0; i < D / 16; ++i)
    for (int r = 0; r < 4; ++r)
      a[i][r] = *reinterpret_cast<const uint32_t*>(q + head + (row + r % 2 * 8) * D + i * 16 + r / 2 * 8 + pair);
  float o[D / 8][4] = {}, maximum[2] = {-INFINITY, -INFINITY}, sum[2] = {};
  const int tiles = causal ? blockIdx.x + 1 : n / kKeys;
  const auto stage = [&](int tile) { return ring + tile % 2 * 2 * kKeys * D; };
  const auto fetch = [&](int tile) {
    if (tile < tiles) {
      load_tile<D>(k + head + static_cast<size_t>(tile) * kKeys * D, stage(tile));
      load_tile<D>(v + head + static_cast<size_t>(tile) * kKeys * D, stage(tile) + kKeys * D);
    }
    asm volatile("cp.async.commit_group;");
  };
  fetch(0);
  for (int tile = 0; tile < tiles; ++tile) {
    fetch(tile + 1);
    asm volatile("cp.async.wait_group 1;");
    __syncthreads();
    const __half *keys = stage(tile), *values = keys + kKeys * D;
    float s[kKeys / 8][4] = {};
#pragma unroll
    for (int i = 0; i < D / 16; ++i)
#pragma unroll
      for (int t = 0; t < kKeys / 16; ++t) {
        uint32_t b[4];
        const int at = place<D>(t * 16 + lane / 16 * 8 + lane % 8, i * 2 + lane / 8 % 2);
        load_matrices<false>(b, shared_address(keys + at));
        multiply(s[2 * t], a[i], b[0], b[1]);
        multiply(s[2 * t + 1], a[i], b[2], b[3]);
      }
#pragma unroll
    for (int t = 0; t < kKeys / 8; ++t)
      for (int i = 0; i < 4; ++i) {
        s[t][i] *= scale;
        if (causal && tile * kKeys + t * 8 + pair + i % 2 > row + i / 2 * 8) s[t][i] = -INFINITY;
      }
    soften<kKeys / 8, D>(s, o, maximum, sum);
#pragma unroll
    for (int i = 0; i < kKeys / 16; ++i) {
      const uint32_t p[4] = {pack(s[2 * i][0], s[2 * i][1]), pack(s[2 * i][2], s[2 * i][3]),
                             pack(s[2 * i + 1][0], s[2 * i + 1][1]), pack(s[2 * i + 1][2], s[2 * i + 1][3])};
#pragma unroll
      for (int t = 0; t < D / 16; ++t) {
        uint32_t b[4];
        load_matrices<true>(b, shared_address(values + place<D>(i * 16 + lane % 16, t * 2 + lane / 16)));
        multiply(o[2 * t], p, b[0], b[1]);
        multiply(o[2 * t + 1], p, b[2], b[3]);
      }
    }
    __syncthreads();
  }
  for (int half = 0; half < 2; ++half) {
    float total = sum[half];
    total += __shfl_xor_sync(~0u, total, 1);
    total += __shfl_xor_sync(~0u, total, 2);
    for (int t = 0; t < D / 8; ++t)
      for (int i = 0; i < 2; ++i)
        out[head + (row + half * 8) * D + t * 8 + pair + i] = o[t][2 * half + i] / total;
  }
}

}  // namespace attention
