// attention / mma_sm80: FlashAttention-2: a block takes a tile of one head's queries past all keys they see, keeping
// maximum, sum and output in registers. Source: Dao, arXiv 2307.08691.
//   tiles     128 queries x 64 keys; for head size 128 on 99-KB devices 128x32 (full) and 64x64 (causal) (mma_tiles.h);
//             V(j) is copied while Q K(j)t is multiplied, K(j - 1) after it; P stays in registers. Blocks of a group's
//             heads come next to each other (they share K and V in L2), query tiles with the most keys first
//   traffic   q and o once; k and v once per query tile and head, mostly from L2
//   accepts   bf16, head size 64 or 128, rows aligned to 16 bytes, scale > 0; any lengths, several sequences, GQA
//   numerics  f32 scores and sums; exp2 of one fma, probabilities rounded to bf16 for P V, their sum is not; one
//             reciprocal. A row's bits depend on its own keys alone, not on the tile, the chunk or the batch it came in
//   registers and shared memory: kernels/resources.md
#pragma once
#include "glimpse/device/launch.cuh"
#include "glimpse/device/online_softmax.h"
#include "glimpse/device/tile_copy.h"
#include "glimpse/kernels/attention/mma_tiles.h"
#include "glimpse/ptx/lane.h"
#include "glimpse/ptx/ldmatrix.h"
#include "glimpse/ptx/mma.h"

namespace glimpse::kernels {

struct AttentionMmaParams {
  const bf16 *q, *k, *v;
  bf16* o;
  const int32_t *q_offsets, *kv_slot, *kv_start, *kv_len;  // kv_slot and kv_start may be null: 0
  int64_t q_row, q_head, o_row, o_head, k_slot, k_head, k_row, v_slot, v_head, v_row;
  int heads, group, batch, max_q;  // group: query heads of a kv head
  float scale2;                    // scale of the scores times log2(e)
  bool causal;
};

// The rows of a block's tile: `rows` of them from row `first` of q and o, of head `head`, of sequence `batch`.
struct AttentionRows {
  int head, batch, first, rows, row0;  // row0: the first within its sequence

  // Found anew where it is needed, rather than kept in registers across the loop.
  template <int BM> __device__ static AttentionRows of(const AttentionMmaParams& p) {
    AttentionRows t{int(blockIdx.x), int(blockIdx.z), 0, 0, int(gridDim.y - 1 - blockIdx.y) * BM};
    const int begin = p.q_offsets[t.batch], end = p.q_offsets[t.batch + 1];
    t.first = begin + t.row0, t.rows = min(end - t.first, BM);
    return t;
  }
};

// The keys that a block works on.
struct AttentionKeys {
  const bf16 *k, *v;  // first of the sequence
  int visible;        // keys that the tile's first row sees (may be negative); row i sees visible + i * step
  int step;           // 1 if causal, else 0
  int end;            // keys that some row sees
};

template <class T> struct AttentionState {
  float o[T::kMBlocks][T::kDBlocks][4];
  dev::SoftmaxRow row[T::kMBlocks][2];
};

__device__ inline AttentionKeys keys_of(const AttentionMmaParams& p, const AttentionRows& r) {
  const int64_t slot = p.kv_slot ? p.kv_slot[r.batch] : 0, start = p.kv_start ? p.kv_start[r.batch] : 0;
  const int kv_head = r.head / p.group, kv_len = p.kv_len[r.batch];
  const int q_len = p.q_offsets[r.batch + 1] - (r.first - r.row0);
  AttentionKeys t;
  t.k = p.k + slot * p.k_slot + kv_head * p.k_head + start * p.k_row;
  t.v = p.v + slot * p.v_slot + kv_head * p.v_head + start * p.v_row;
  t.step = p.causal, t.visible = p.causal ? kv_len - q_len + 1 + r.row0 : kv_len;
  t.end = max(t.visible + (r.rows - 1) * t.step, 0);
  return t;
}

template <class T>
__device__ void load_keys(char* to, const bf16* from, int64_t stride, const AttentionKeys& t, int tile) {
  dev::load_tile<T::BN, T::kChunks, T::kThreads>(to, from + int64_t(tile) * T::BN * stride, stride,
                                                 t.end - tile * T::BN, T::kChunks, ptx::thread());
  ptx::cp_async_commit();
}

// s = Q Kt of the warp's rows.
template <class T> __device__ void scores(float (&s)[T::kMBlocks][T::kNBlocks][4], const char* q, const char* k) {
  using Map = dev::Swizzle<T::kChunks>;
  const int warp = int(threadIdx.x) / 32, lane = ptx::lane();
#pragma unroll
  for (int m = 0; m < T::kMBlocks; ++m)
#pragma unroll
    for (int n = 0; n < T::kNBlocks; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) s[m][n][i] = 0;
#pragma unroll 1  // two steps at once spill on sm_90
  for (int d = 0; d < T::DH / 16; ++d) {
    uint32_t a[T::kMBlocks][4];
#pragma unroll
    for (int m = 0; m < T::kMBlocks; ++m)
      ptx::ldmatrix_x4(a[m], q + Map::bytes((warp * T::kMBlocks + m) * 16 + lane % 16, d * 2 + lane / 16));
#pragma unroll
    for (int n = 0; n < T::kNBlocks; n += 2) {
      uint32_t b[4];
      ptx::ldmatrix_x4(b, k + Map::bytes(n * 8 + lane / 16 * 8 + lane % 8, d * 2 + lane / 8 % 2));
#pragma unroll
      for (int m = 0; m < T::kMBlocks; ++m) {
        ptx::mma_16x8x16(s[m][n], a[m], b[0], b[1]);
        ptx::mma_16x8x16(s[m][n + 1], a[m], b[2], b[3]);
      }
    }
  }
}

// Keys from `first` on that a row does not see get -inf.
template <class T>
__device__ void mask(float (&s)[T::kMBlocks][T::kNBlocks][4], const AttentionKeys& t, int first) {
  const int warp = int(threadIdx.x) / 32, lane = ptx::lane();
#pragma unroll
  for (int m = 0; m < T::kMBlocks; ++m)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = (warp * T::kMBlocks + m) * 16 + half * 8 + lane / 4;
      const int seen = t.visible + row * t.step - first - lane % 4 * 2;
#pragma unroll
      for (int n = 0; n < T::kNBlocks; ++n) {
        if (n * 8 >= seen) s[m][n][half * 2] = -INFINITY;
        if (n * 8 + 1 >= seen) s[m][n][half * 2 + 1] = -INFINITY;
      }
    }
}

// o += P V. Two 8-column blocks of P in C layout are one 16-deep A operand as they are.
template <class T>
__device__ void add_values(AttentionState<T>& state, const float (&p)[T::kMBlocks][T::kNBlocks][4], const char* v) {
  using Map = dev::Swizzle<T::kChunks>;
  const int lane = ptx::lane();
#pragma unroll
  for (int n = 0; n < T::kNBlocks; n += 2) {
    uint32_t a[T::kMBlocks][4];
#pragma unroll
    for (int m = 0; m < T::kMBlocks; ++m)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        a[m][i] = ptx::pack_bf16(p[m][n + i / 2][i % 2 * 2], p[m][n + i / 2][i % 2 * 2 + 1]);
#pragma unroll
    for (int d = 0; d < T::kDBlocks; d += 2) {
      uint32_t b[4];
      ptx::ldmatrix_x4_trans(b, v + Map::bytes(n * 8 + lane % 16, d + lane / 16));
#pragma unroll
      for (int m = 0; m < T::kMBlocks; ++m) {
        ptx::mma_16x8x16(state.o[m][d], a[m], b[0], b[1]);
        ptx::mma_16x8x16(state.o[m][d + 1], a[m], b[2], b[3]);
      }
    }
  }
}

// One tile of keys; K(tile) is on its way when it begins, K(tile - 1) when it ends.
template <class T>
__device__ void attend(AttentionState<T>& state, char* shared, const AttentionMmaParams& p, const AttentionKeys& t,
                       int tile) {
  char *k = shared + T::kQBytes, *v = k + T::kKvBytes;
  float s[T::kMBlocks][T::kNBlocks][4];
  ptx::cp_async_wait<0>();
  __syncthreads();  // K(tile) is there for all, and all are done with V(tile + 1)
  load_keys<T>(v, t.v, p.v_row, t, tile);
  scores<T>(s, shared, k);
  ptx::cp_async_wait<0>();
  __syncthreads();  // V(tile) is there for all, and all are done with K(tile)
  if (tile > 0) load_keys<T>(k, t.k, p.k_row, t, tile - 1);
  if ((tile + 1) * T::BN > t.visible) mask<T>(s, t, tile * T::BN);
#pragma unroll
  for (int m = 0; m < T::kMBlocks; ++m)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float factor = state.row[m][half].update(s[m], half * 2, p.scale2);
#pragma unroll
      for (int d = 0; d < T::kDBlocks; ++d)
        state.o[m][d][half * 2] *= factor, state.o[m][d][half * 2 + 1] *= factor;
    }
  add_values<T>(state, s, v);
}

// o / sum, through the warp's own rows of Q's memory to 16-byte stores. A row that saw no key is zero.
template <class T>
__device__ void store_output(AttentionState<T>& state, char* q, const AttentionMmaParams& p) {
  using Map = dev::Swizzle<T::kChunks>;
  const int lane = ptx::lane(), row0 = int(threadIdx.x) / 32 * T::kMBlocks * 16;
#pragma unroll
  for (int m = 0; m < T::kMBlocks; ++m)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float sum = dev::quad_sum(state.row[m][half].sum), inverse = sum > 0 ? 1 / sum : 0;
#pragma unroll
      for (int d = 0; d < T::kDBlocks; ++d) {
        const float* o = state.o[m][d] + half * 2;
        char* at = q + Map::bytes(row0 + m * 16 + half * 8 + lane / 4, d) + lane % 4 * 4;
        *reinterpret_cast<uint32_t*>(at) = ptx::pack_bf16(o[0] * inverse, o[1] * inverse);
      }
    }
  __syncwarp();
  const auto r = AttentionRows::of<T::BM>(p);
  bf16* o = p.o + r.first * p.o_row + r.head * p.o_head;
  for (int i = lane; i < T::kMBlocks * 16 * T::kChunks; i += 32) {
    const int row = row0 + i / T::kChunks, chunk = i % T::kChunks;
    if (row < r.rows) dev::store_16(o + row * p.o_row + chunk * 8, dev::load_16(q + Map::bytes(row, chunk)));
  }
}

template <class T> __global__ void __launch_bounds__(T::kThreads, 2) attention_mma_sm80(const AttentionMmaParams p) {
  extern __shared__ __align__(128) char shared[];
  const auto r = AttentionRows::of<T::BM>(p);
  if (r.rows <= 0) return;
  // In registers it would make the largest tile spill: two blocks a multiprocessor leave it 255.
  static_assert(sizeof(AttentionKeys) <= T::kSharedBytes - T::kTileBytes);
  auto& t = *reinterpret_cast<AttentionKeys*>(shared + T::kTileBytes);
  if (threadIdx.x == 0) t = keys_of(p, r);
  __syncthreads();
  AttentionState<T> state;
#pragma unroll
  for (int m = 0; m < T::kMBlocks; ++m)
#pragma unroll
    for (int d = 0; d < T::kDBlocks; ++d)
#pragma unroll
      for (int i = 0; i < 4; ++i) state.o[m][d][i] = 0;
  const int tiles = (t.end + T::BN - 1) / T::BN;
  if (tiles > 0) {
    const bf16* q = p.q + r.first * p.q_row + r.head * p.q_head;
    dev::load_tile<T::BM, T::kChunks, T::kThreads>(shared, q, p.q_row, r.rows, T::kChunks);
    load_keys<T>(shared + T::kQBytes, t.k, p.k_row, t, tiles - 1);
  }
  for (int tile = tiles - 1; tile >= 0; --tile) attend<T>(state, shared, p, t, tile);
  store_output<T>(state, shared, p);
}

template <class T> cudaError_t launch_attention_tile(const AttentionMmaParams& p, cudaStream_t stream) {
  return dev::launch(attention_mma_sm80<T>, {p.heads, dev::blocks_of(p.max_q, T::BM), p.batch}, T::kThreads,
                     T::kSharedBytes, stream, p);
}

inline cudaError_t launch_attention_mma_sm80(const AttentionMmaParams& p, AttentionTileName tile, cudaStream_t stream) {
  switch (tile) {
    case AttentionTileName::d128: return launch_attention_tile<AttentionTile128>(p, stream);
    case AttentionTileName::d128_flat: return launch_attention_tile<AttentionTile128Flat>(p, stream);
    case AttentionTileName::d128_low: return launch_attention_tile<AttentionTile128Low>(p, stream);
    case AttentionTileName::d64: return launch_attention_tile<AttentionTile64>(p, stream);
    case AttentionTileName::none: break;
  }
  return cudaErrorInvalidValue;
}

}  // namespace glimpse::kernels
