// attention / splitkv_sm80: decode. A block takes a part of one sequence's keys past all query heads of a group at
// once, 16 rows of an mma; the last block to finish adds the parts. Source: Flash-Decoding (Dao et al., 2023), and the
// packing of the group into rows as in FlashInfer.
//   tiles     16 packed rows (query row, head of the group) x 64 keys, of which each warp has 16 and a ring of its own:
//             three stages of cp.async, no barrier of the block in the loop; output, maximum and sum per warp
//   traffic   k and v once per 16 packed rows: the floor for groups of up to 16; partial results stay in L2
//   accepts   bf16, head size 64 or 128, rows aligned to 16 bytes, scale > 0, up to 64 packed rows; lengths are read on
//             the device, so a captured launch serves all lengths up to its bound
//   numerics  as mma_sm80; parts are merged in their order, first of warps, then of splits, whoever comes last. A
//             sequence's bits depend on its own rows, length and the device (splits.h), not on its neighbours
//   registers and shared memory: kernels/resources.md
#pragma once
#include "glimpse/device/last_block.cuh"
#include "glimpse/device/launch.cuh"
#include "glimpse/device/online_softmax.h"
#include "glimpse/device/swizzle.h"
#include "glimpse/device/vec.h"
#include "glimpse/kernels/attention/splits.h"
#include "glimpse/ptx/cp_async.h"
#include "glimpse/ptx/lane.h"
#include "glimpse/ptx/ldmatrix.h"
#include "glimpse/ptx/mma.h"

namespace glimpse::kernels {

struct AttentionSplitParams {
  const bf16 *q, *k, *v;
  bf16* o;
  const int32_t *q_offsets, *kv_slot, *kv_start, *kv_len;  // kv_slot and kv_start may be null: 0
  int64_t q_row, q_head, o_row, o_head, k_slot, k_head, k_row, v_slot, v_head, v_row;
  int kv_heads, group, batch, max_q, max_kv, most;  // group: query heads of a kv head; most: of splits
  float scale2;                                     // scale of the scores times log2(e)
  bool causal;
  float* parts;       // split_parts(p) * SplitConfig::kPartFloats
  unsigned* tickets;  // one for each split_groups(p), zero before the first launch; every launch leaves zeros
};

template <int DH_> struct SplitConfig {
  static constexpr int DH = DH_, kWarps = 4, kThreads = kWarps * 32, kChunks = DH / 8, kStages = 3;
  static constexpr int kRows = 16, kKeys = 16;                     // of a warp's mma
  static constexpr int kHalfBytes = kKeys * DH * 2, kStageBytes = 2 * kHalfBytes;  // of K or of V; both
  static constexpr int kPitch = split_pitch(DH);
  static constexpr int kSharedBytes = kWarps * kStages * kStageBytes;
  static constexpr int kPartFloats = kRows * (DH + 2);  // output, maximum and sum
  static_assert(kWarps * kRows * (kPitch + 2) * 4 <= kSharedBytes, "the rings also merge the warps");
};

inline int split_row_blocks(const AttentionSplitParams& p) { return (p.max_q * p.group + 15) / 16; }
// Sets of blocks that add up to one result, and the blocks of them all.
inline int64_t split_groups(const AttentionSplitParams& p) {
  return int64_t(p.batch) * p.kv_heads * split_row_blocks(p);
}
inline int64_t split_parts(const AttentionSplitParams& p) { return split_groups(p) * split_bound(p.max_kv, p.most); }

// What a block works on.
struct SplitWork {
  const bf16 *q, *k, *v;  // first row of the sequence's first head of the group; its first key and value
  bf16* o;
  int row0, rows;          // first packed row of the block, and how many the sequence has
  int visible;             // keys that the sequence's first query row sees
  int first, end, splits;  // keys of this split; splits of the sequence
};

// False where there is nothing to do.
__device__ inline bool locate(SplitWork& t, const AttentionSplitParams& p) {
  const int b = int(blockIdx.z), split = int(blockIdx.x), head = int(blockIdx.y) % p.kv_heads;
  const int q0 = p.q_offsets[b], q_len = p.q_offsets[b + 1] - q0, kv_len = p.kv_len[b];
  const int64_t slot = p.kv_slot ? p.kv_slot[b] : 0, start = p.kv_start ? p.kv_start[b] : 0;
  t.row0 = int(blockIdx.y) / p.kv_heads * 16, t.rows = q_len * p.group;
  t.splits = split_count(kv_len, p.most);
  t.q = p.q + q0 * p.q_row + head * p.group * p.q_head, t.o = p.o + q0 * p.o_row + head * p.group * p.o_head;
  t.k = p.k + slot * p.k_slot + head * p.k_head + start * p.k_row;
  t.v = p.v + slot * p.v_slot + head * p.v_head + start * p.v_row;
  t.visible = p.causal ? kv_len - q_len + 1 : kv_len;
  const int each = keys_per_split(kv_len, p.most);
  t.first = split * each, t.end = min(t.first + each, kv_len);
  return t.row0 < t.rows && split < t.splits;
}

// The A operand of the block's 16 rows, for all of dh; rows that do not exist are zero.
template <class C>
__device__ void load_queries(uint32_t (&a)[C::DH / 16][4], const SplitWork& t, const AttentionSplitParams& p) {
  const int lane = int(threadIdx.x) % 32;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int packed = t.row0 + half * 8 + lane / 4;
    const bool valid = packed < t.rows;
    const bf16* q = t.q + packed / p.group * p.q_row + packed % p.group * p.q_head + lane % 4 * 2;
#pragma unroll
    for (int d = 0; d < C::DH / 16; ++d)
#pragma unroll
      for (int i = 0; i < 2; ++i)
        a[d][half + i * 2] = valid ? *reinterpret_cast<const uint32_t*>(q + d * 16 + i * 8) : 0;
  }
}

// Begins the copies of the warp's 16 keys and values from `key` on; those from `end` on become zero.
template <class C> __device__ void load_keys(char* stage, const SplitWork& t, const AttentionSplitParams& p, int key) {
  using Map = dev::Swizzle<C::kChunks>;
  const int lane = int(threadIdx.x) % 32;
#pragma unroll
  for (int i = 0; i < C::kKeys * C::kChunks / 32; ++i) {
    const int row = (i * 32 + lane) / C::kChunks, chunk = lane % C::kChunks;
    const bool valid = key + row < t.end;
    char* to = stage + Map::bytes(row, chunk);
    ptx::cp_async_16(to, t.k + (key + row) * p.k_row + chunk * 8, valid);
    ptx::cp_async_16(to + C::kHalfBytes, t.v + (key + row) * p.v_row + chunk * 8, valid);
  }
}

template <class C> struct SplitState {
  float o[C::DH / 8][4];
  dev::SoftmaxRow row[2];
};

// The warp's rows past 16 keys from `key` on.
template <class C>
__device__ void attend(SplitState<C>& state, const uint32_t (&q)[C::DH / 16][4], const char* stage, const SplitWork& t,
                       const AttentionSplitParams& p, int key) {
  using Map = dev::Swizzle<C::kChunks>;
  const int lane = int(threadIdx.x) % 32;
  float s[2][4] = {};
#pragma unroll
  for (int d = 0; d < C::DH / 16; ++d) {
    uint32_t b[4];
    ptx::ldmatrix_x4(b, stage + Map::bytes(lane / 16 * 8 + lane % 8, d * 2 + lane / 8 % 2));
    ptx::mma_16x8x16(s[0], q[d], b[0], b[1]);
    ptx::mma_16x8x16(s[1], q[d], b[2], b[3]);
  }
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int query = (t.row0 + half * 8 + lane / 4) / p.group;
    const int seen = min(t.end, t.visible + (p.causal ? query : 0)) - key - lane % 4 * 2;
#pragma unroll
    for (int n = 0; n < 2; ++n)
#pragma unroll
      for (int i = 0; i < 2; ++i)
        if (n * 8 + i >= seen) s[n][half * 2 + i] = -INFINITY;
    const float factor = state.row[half].update(s, half * 2, p.scale2);
#pragma unroll
    for (int d = 0; d < C::DH / 8; ++d) state.o[d][half * 2] *= factor, state.o[d][half * 2 + 1] *= factor;
  }
  const uint32_t a[4] = {ptx::pack_bf16(s[0][0], s[0][1]), ptx::pack_bf16(s[0][2], s[0][3]),
                         ptx::pack_bf16(s[1][0], s[1][1]), ptx::pack_bf16(s[1][2], s[1][3])};
#pragma unroll
  for (int d = 0; d < C::DH / 8; d += 2) {
    uint32_t b[4];
    ptx::ldmatrix_x4_trans(b, stage + C::kHalfBytes + Map::bytes(lane % 16, d + lane / 16));
    ptx::mma_16x8x16(state.o[d], a, b[0], b[1]);
    ptx::mma_16x8x16(state.o[d + 1], a, b[2], b[3]);
  }
}

// The warp's share of the split: every fourth 16 keys.
template <class C>
__device__ void attend_split(SplitState<C>& state, char* ring, const SplitWork& t, const AttentionSplitParams& p) {
  const int first = t.first + int(threadIdx.x) / 32 * C::kKeys;
  uint32_t q[C::DH / 16][4];
  load_queries<C>(q, t, p);
#pragma unroll
  for (int s = 0; s < C::kStages - 1; ++s) {
    if (first + s * kSplitTile < t.end) load_keys<C>(ring + s * C::kStageBytes, t, p, first + s * kSplitTile);
    ptx::cp_async_commit();
  }
  int stage = 0;
  for (int key = first; key < t.end; key += kSplitTile) {
    ptx::cp_async_wait<C::kStages - 2>();
    __syncwarp();  // these keys are there for all lanes, and all are done with those before, whose place is filled next
    const int next = key + (C::kStages - 1) * kSplitTile, free = stage == 0 ? C::kStages - 1 : stage - 1;
    if (next < t.end) load_keys<C>(ring + free * C::kStageBytes, t, p, next);
    ptx::cp_async_commit();
    attend<C>(state, q, ring + stage * C::kStageBytes, t, p, key);
    stage = stage + 1 == C::kStages ? 0 : stage + 1;
  }
  ptx::cp_async_wait<0>();
}

// Four columns of a row of results, on the way to being merged: sum of exp2(s - top) v, and of exp2(s - top).
struct SplitPart {
  float4 o;
  float top, sum;

  // Adds a part with a maximum of its own; the order of the parts is the order of the additions.
  __device__ void add(const float4& v, float v_top, float v_sum) {
    const float highest = fmaxf(top, v_top), base = highest == -INFINITY ? 0 : highest;
    const float mine = ptx::exp2(top - base), its = ptx::exp2(v_top - base);
    o.x = fmaf(v.x, its, o.x * mine), o.y = fmaf(v.y, its, o.y * mine);
    o.z = fmaf(v.z, its, o.z * mine), o.w = fmaf(v.w, its, o.w * mine);
    top = highest, sum = fmaf(v_sum, its, sum * mine);
  }
};

// The warp's output, maximum (times scale2, as the exponents had it) and sum to its place in shared memory.
template <class C> __device__ void publish(SplitState<C>& state, float* shared, const AttentionSplitParams& p) {
  const int warp = int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32;
  float *o = shared + warp * C::kRows * C::kPitch, *stats = shared + C::kWarps * C::kRows * C::kPitch;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = half * 8 + lane / 4;
    const float sum = dev::quad_sum(state.row[half].sum);
#pragma unroll
    for (int d = 0; d < C::DH / 8; ++d)
      *reinterpret_cast<float2*>(o + row * C::kPitch + d * 8 + lane % 4 * 2) =
          make_float2(state.o[d][half * 2], state.o[d][half * 2 + 1]);
    if (lane % 4 == 0)
      *reinterpret_cast<float2*>(stats + (warp * C::kRows + row) * 2) =
          make_float2(__fmul_rn(state.row[half].top, p.scale2), sum);
  }
}

template <class C> __device__ SplitPart merged_warps(const float* shared, int row, int column) {
  SplitPart part{make_float4(0, 0, 0, 0), -INFINITY, 0};
  const float* stats = shared + C::kWarps * C::kRows * C::kPitch;
#pragma unroll
  for (int w = 0; w < C::kWarps; ++w)
    part.add(*reinterpret_cast<const float4*>(shared + (w * C::kRows + row) * C::kPitch + column),
             stats[(w * C::kRows + row) * 2], stats[(w * C::kRows + row) * 2 + 1]);
  return part;
}

__device__ inline void store_row(const SplitWork& t, const AttentionSplitParams& p, int row, int column,
                                 const SplitPart& part) {
  const int packed = t.row0 + row;
  if (packed >= t.rows) return;
  const float inverse = part.sum > 0 ? 1 / part.sum : 0;
  bf16* o = t.o + packed / p.group * p.o_row + packed % p.group * p.o_head + column;
  *reinterpret_cast<uint2*>(o) = make_uint2(ptx::pack_bf16(part.o.x * inverse, part.o.y * inverse),
                                            ptx::pack_bf16(part.o.z * inverse, part.o.w * inverse));
}

template <class C> __global__ void __launch_bounds__(C::kThreads) attention_splitkv_sm80(const AttentionSplitParams p) {
  extern __shared__ __align__(128) char shared[];
  SplitWork t;
  if (!locate(t, p)) return;
  SplitState<C> state{};
  attend_split<C>(state, shared + int(threadIdx.x) / 32 * C::kStages * C::kStageBytes, t, p);
  __syncthreads();
  float* merge = reinterpret_cast<float*>(shared);
  publish<C>(state, merge, p);
  __syncthreads();
  constexpr int kColumns = C::DH / 4;  // of float4
  float* parts = p.parts + (int64_t(blockIdx.z) * gridDim.y + blockIdx.y) * gridDim.x * C::kPartFloats;
  for (int i = int(threadIdx.x); i < C::kRows * kColumns; i += C::kThreads) {
    const int row = i / kColumns, column = i % kColumns * 4;
    const SplitPart part = merged_warps<C>(merge, row, column);
    if (t.splits == 1) {
      store_row(t, p, row, column, part);
      continue;
    }
    float* to = parts + int64_t(blockIdx.x) * C::kPartFloats;
    *reinterpret_cast<float4*>(to + row * C::DH + column) = part.o;
    if (column == 0) to[C::kRows * C::DH + row * 2] = part.top, to[C::kRows * C::DH + row * 2 + 1] = part.sum;
  }
  if (t.splits == 1 || !dev::last_block(p.tickets + blockIdx.z * gridDim.y + blockIdx.y, unsigned(t.splits))) return;
  for (int i = int(threadIdx.x); i < C::kRows * kColumns; i += C::kThreads) {
    const int row = i / kColumns, column = i % kColumns * 4;
    SplitPart part{make_float4(0, 0, 0, 0), -INFINITY, 0};
#pragma unroll 4
    for (int s = 0; s < t.splits; ++s) {
      const float *from = parts + int64_t(s) * C::kPartFloats, *stats = from + C::kRows * C::DH + row * 2;
      part.add(__ldcg(reinterpret_cast<const float4*>(from + row * C::DH + column)), __ldcg(stats), __ldcg(stats + 1));
    }
    store_row(t, p, row, column, part);
  }
}

template <int DH> cudaError_t launch_attention_split(const AttentionSplitParams& p, cudaStream_t stream) {
  using C = SplitConfig<DH>;
  return dev::launch(attention_splitkv_sm80<C>,
                     {split_bound(p.max_kv, p.most), int64_t(p.kv_heads) * split_row_blocks(p), p.batch}, C::kThreads,
                     C::kSharedBytes, stream, p);
}

inline cudaError_t launch_attention_splitkv_sm80(const AttentionSplitParams& p, int64_t head, cudaStream_t stream) {
  if (head == 128) return launch_attention_split<128>(p, stream);
  if (head == 64) return launch_attention_split<64>(p, stream);
  return cudaErrorInvalidValue;
}

}  // namespace glimpse::kernels
