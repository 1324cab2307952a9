// qkv_rope / gemv_warp: decode. A warp streams the two weight rows of one rotated pair, of q, k or v, and lane m ends
// row m of up to 8: bias, rounding, rotation, and the write to q or to the cache.
//   traffic   the three weights once, past L1: the floor; x (M K, through L1 and L2) once a block of 4 pairs
//   accepts   M <= 8, bf16, K a multiple of 8, an even head size, rows of x and the weights aligned to 16 bytes; q and
//             the cache (bf16) of any layout; the rows of x at pairwise different places in the cache
//   numerics  f32 sums in an order that depends on K alone, bias in f32, one rounding as linear's, then rope's own
//   registers: kernels/resources.md; no shared memory
#pragma once
#include "glimpse/device/launch.cuh"
#include "glimpse/kernels/linear/gemv_rows.cuh"
#include "glimpse/kernels/rope/naive.cuh"

namespace glimpse::kernels {

struct QkvProjection {
  const bf16* w;
  int64_t w_row;
  const void* bias;  // null, or bf16 or f32 of each row of w
  bool bias_is_bf16;

  __device__ float with_bias(float sum, int n) const {
    if (!bias) return sum;
    return sum + (bias_is_bf16 ? to_f32(static_cast<const bf16*>(bias)[n]) : static_cast<const float*>(bias)[n]);
  }
};

struct QkvRopeGemvParams {
  const bf16* x;
  int64_t x_row;
  QkvProjection part[3];             // of q, k and v
  RopeNaiveParams<bf16, bf16> rope;  // q_in, k_in and v_in are not used
  int M, K, heads, kv, half;         // half: pairs of a head
};

constexpr int kQkvGemvWarps = 4;  // per block

// Row m's pair of sums: where it goes, and as what.
__device__ inline void finish_pair(const QkvRopeGemvParams& p, int m, int part, int head, int i, float a, float b) {
  const auto& r = p.rope;
  const int first = r.halves ? i : 2 * i, second = r.halves ? i + p.half : 2 * i + 1, n = head * p.half * 2;
  rope_naive_detail::Pair v{to_f32(to_bf16(p.part[part].with_bias(a, n + first))),
                            to_f32(to_bf16(p.part[part].with_bias(b, n + second)))};
  if (part < 2) v = rope_naive_detail::turned(r, m, i, v);
  if (part == 0) {
    r.q(m, head, first) = to_bf16(v.a), r.q(m, head, second) = to_bf16(v.b);
    return;
  }
  const View<bf16, 4>& cache = part == 1 ? r.k : r.v;
  const int64_t slot = r.slot.data ? r.slot(m) : 0, index = r.index.data ? r.index(m) : m;
  cache(slot, head, index, first) = to_bf16(v.a), cache(slot, head, index, second) = to_bf16(v.b);
}

// M: rows computed; those beyond p.M repeat the last and are not stored.
template <int M>
__global__ void __launch_bounds__(kQkvGemvWarps * 32, 4) qkv_rope_gemv_warp(const QkvRopeGemvParams p) {
  const int pair = int(blockIdx.x) * kQkvGemvWarps + int(threadIdx.x) / 32, all = pair / p.half, i = pair % p.half;
  if (all >= p.heads + 2 * p.kv) return;
  const int part = all < p.heads ? 0 : all < p.heads + p.kv ? 1 : 2;
  const int head = part == 0 ? all : all - p.heads - (part - 1) * p.kv;
  const bf16* x[M];
#pragma unroll
  for (int m = 0; m < M; ++m) x[m] = p.x + min(m, p.M - 1) * p.x_row;
  const int64_t row = p.part[part].w_row;
  const bf16* base = p.part[part].w + int64_t(head) * p.half * 2 * row;
  const bf16* const w[2] = {base + (p.rope.halves ? i : 2 * i) * row,
                            base + (p.rope.halves ? i + p.half : 2 * i + 1) * row};
  float sum[M][2];
  gemv_rows<M, 2>(sum, x, w, p.K);
  const int lane = int(threadIdx.x) % 32;
  float a = 0, b = 0;
#pragma unroll
  for (int m = 0; m < M; ++m)
    if (lane == m) a = sum[m][0], b = sum[m][1];
  if (lane < p.M) finish_pair(p, lane, part, head, i, a, b);
}

inline cudaError_t launch_qkv_rope_gemv_warp(const QkvRopeGemvParams& p, cudaStream_t stream) {
  if (!p.M) return cudaSuccess;
  const auto kernel = p.M == 1   ? qkv_rope_gemv_warp<1>
                      : p.M == 2 ? qkv_rope_gemv_warp<2>
                      : p.M <= 4 ? qkv_rope_gemv_warp<4>
                                 : qkv_rope_gemv_warp<8>;
  return dev::launch(kernel, {dev::blocks_of(int64_t(p.heads + 2 * p.kv) * p.half, kQkvGemvWarps)},
                     kQkvGemvWarps * 32, 0, stream, p);
}

}  // namespace glimpse::kernels
