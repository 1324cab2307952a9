// linear / small_m_mma_sm80: few rows of x. The weights are the M operand of the tensor cores and x's rows its N, so
// that 2 to 64 rows cost what they are, not a tile of 64 or 128; K is cut among blocks where N alone does not fill the
// device, and the last block of a tile adds the parts.
//   tiles     64 weight rows x 16, 32 or 64 rows of x x 64 of K, 3 or 4 stages of cp.async (mma_loop.cuh), XOR swizzle
//   traffic   w once: the floor; x once a tile of 64 weight rows, from L2; parts (f32) twice, in L2
//   accepts   M 2 to 64, bf16, K a multiple of 8, rows of x and w aligned to 16 bytes; y, residual, bias of any layout
//   numerics  f32 sums over k in order, 16 at a time, of each part; parts added in their order. Bits depend on the
//             device's number of multiprocessors, not on M. Bias in f32, one rounding; the residual rounds again
//   registers and shared memory: kernels/resources.md
#pragma once
#include "glimpse/device/last_block.cuh"
#include "glimpse/device/launch.cuh"
#include "glimpse/kernels/linear/mma_loop.cuh"
#include "glimpse/kernels/linear/mma_params.cuh"
#include "glimpse/kernels/linear/small_m_tiles.h"

namespace glimpse::kernels {

struct LinearSmallMParams {
  LinearMmaParams linear;
  int splits, part;   // of K; elements of each but the last
  float* parts;       // [tiles, splits, Tokens * 64] where splits > 1
  unsigned* tickets;  // [tiles], zero before and after every launch
};

// Adds the parts of a tile in their order, each thread the elements it has itself. False but for the last block.
template <class T>
__device__ bool add_parts(float (&acc)[1][T::kNBlocks][4], const LinearSmallMParams& p) {
  constexpr int kElements = T::BM * T::BN;
  float* parts = p.parts + int64_t(blockIdx.x) * p.splits * kElements + threadIdx.x * 4;
#pragma unroll
  for (int n = 0; n < T::kNBlocks; ++n)
    *reinterpret_cast<float4*>(parts + int64_t(blockIdx.y) * kElements + n * T::kThreads * 4) =
        make_float4(acc[0][n][0], acc[0][n][1], acc[0][n][2], acc[0][n][3]);
  if (!dev::last_block(p.tickets + blockIdx.x, unsigned(p.splits))) return false;
#pragma unroll
  for (int n = 0; n < T::kNBlocks; ++n) {
    float4 sum = make_float4(0, 0, 0, 0);
#pragma unroll 4
    for (int s = 0; s < p.splits; ++s) {
      const float4 v = __ldcg(reinterpret_cast<float4*>(parts + int64_t(s) * kElements + n * T::kThreads * 4));
      sum.x += v.x, sum.y += v.y, sum.z += v.z, sum.w += v.w;
    }
    acc[0][n][0] = sum.x, acc[0][n][1] = sum.y, acc[0][n][2] = sum.z, acc[0][n][3] = sum.w;
  }
  return true;
}

// The warp's 16 weight rows, with bias, rounded, to the staging tile, whose rows are x's.
template <class T>
__device__ void stage_transposed(const float (&acc)[1][T::kNBlocks][4], char* staged, const LinearMmaParams& p,
                                 int n0) {
  using Map = dev::Swizzle<T::BM / 8>;
  const int warp = int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int column = warp * 16 + half * 8 + lane / 4;
    const float bias = linear_bias(p, n0 + column);
#pragma unroll
    for (int n = 0; n < T::kNBlocks; ++n)
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        char* at = staged + Map::bytes(n * 8 + lane % 4 * 2 + i, column / 8) + column % 8 * 2;
        *reinterpret_cast<bf16*>(at) = to_bf16(acc[0][n][half * 2 + i] + bias);
      }
  }
}

template <class T>
__global__ void __launch_bounds__(T::kThreads, 2) linear_small_m_mma_sm80(const LinearSmallMParams p) {
  extern __shared__ __align__(128) char shared[];
  const LinearMmaParams& q = p.linear;
  const int n0 = int(blockIdx.x) * T::BM, k0 = int(blockIdx.y) * p.part;
  const MmaOperands<1> o{q.w + n0 * q.w_row + k0, {q.x + k0}, q.w_row, {q.x_row}, q.N - n0, q.M,
                         max(min(q.K - k0, p.part), 0)};
  float acc[T::kMBlocks][T::kNBlocks][4];
  mma_loop<T>(acc, shared, o);
  if (p.splits > 1 && !add_parts<T>(acc, p)) return;
  stage_transposed<T>(acc, shared, q, n0);
  __syncthreads();
  const bf16* residual = q.residual ? q.residual + n0 : nullptr;
  dev::store_tile<T::BN, T::BM / 8, T::kThreads>(
      shared, {q.y + n0, residual, q.y_row, q.residual_row, q.M, q.N - n0, q.aligned});
}

template <int Tokens> cudaError_t launch_linear_small_m(const LinearSmallMParams& p, cudaStream_t stream) {
  using T = SmallMTile<Tokens>;
  return dev::launch(linear_small_m_mma_sm80<T>, {dev::blocks_of(p.linear.N, T::BM), p.splits}, T::kThreads,
                     T::kSharedBytes, stream, p);
}

// Rows of x that the kernel for M of them computes.
constexpr int small_m_tokens(int64_t m) { return m <= 16 ? 16 : m <= 32 ? 32 : 64; }

inline cudaError_t launch_linear_small_m_mma_sm80(const LinearSmallMParams& p, cudaStream_t stream) {
  switch (small_m_tokens(p.linear.M)) {
    case 16: return launch_linear_small_m<16>(p, stream);
    case 32: return launch_linear_small_m<32>(p, stream);
    default: return launch_linear_small_m<64>(p, stream);
  }
}

}  // namespace glimpse::kernels
