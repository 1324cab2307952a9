// What flash and decode share around the block kernels: which query rows are columns, and how they get in and out.
#pragma once
#include <algorithm>
#include <cfloat>

#include "sequence.h"

namespace glimpse::attention {

constexpr int64_t kBlockKeys = 64;  // scores of a block and its K and V stay in the second-level cache

// One instruction set's kernels, see include/glimpse/kernels/cpu/attention_block.h.
struct Kernels {
  int64_t columns;  // of a tile
  void (*attend)(const float* k, int64_t k_stride, const float* v, int64_t v_stride, int64_t n, int64_t dh,
                 const float* q, float scale, const float* seen, bool to_bf16, float* s, float* state, float* o);
  void (*widen)(const uint16_t* in, int64_t stride, int64_t n, int64_t dh, float* out);
};

inline int64_t group(const op::Attention& a) { return a.q.shape[1] / a.k.shape[1]; }

// Columns of a tile: pairs (row, query head) of one kv head, the heads of a row next to each other.
struct Columns {
  const op::Attention& a;
  const cpu::Sequence& s;
  int64_t head, first, count;  // kv head; pairs first .. first + count - 1 of the sequence

  int64_t row(int64_t c) const { return s.first + (first + c) / group(a); }
  int64_t offset(const TensorView& t, int64_t c) const {
    return row(c) * t.stride[0] + (head * group(a) + (first + c) % group(a)) * t.stride[1];
  }
  int64_t seen(int64_t c) const { return s.visible(a, row(c)); }
};

// Memory of one tile.
struct Tile {
  float *q, *o;         // [dh][columns]
  float *state, *seen;  // [3][columns] top, sum, rescale; [columns]
  static int64_t floats(int64_t dh, int64_t columns) { return (2 * dh + 4) * columns; }
  Tile(float* memory, int64_t dh, int64_t columns)
      : q(memory), o(q + dh * columns), state(o + dh * columns), seen(state + 3 * columns) {}
};

template <class T> void transpose_in(const Columns& c, int64_t columns, float* q) {
  const int64_t dh = c.a.q.shape[2];
  for (int64_t i = 0; i < c.count; ++i) {
    const T* in = static_cast<const T*>(c.a.q.data) + c.offset(c.a.q, i);
    for (int64_t d = 0; d < dh; ++d) q[d * columns + i] = to_f32(in[d]);
  }
}

// The queries of a tile, no output yet. Columns that are not there are zero.
inline void begin(const Columns& c, int64_t columns, const Tile& t) {
  const int64_t dh = c.a.q.shape[2];
  if (c.count < columns) std::fill_n(t.q, dh * columns, 0.f);
  if (c.a.q.dtype == DType::bf16) transpose_in<bf16>(c, columns, t.q);
  else transpose_in<float>(c, columns, t.q);
  std::fill_n(t.o, dh * columns, 0.f);
  std::fill_n(t.state, columns, -FLT_MAX), std::fill_n(t.state + columns, columns, 0.f);
}

inline void put(float v, float* out) { *out = v; }
inline void put(float v, bf16* out) { *out = to_bf16(v); }

template <class T> void transpose_out(const Columns& c, int64_t columns, const float* o, const float* sum) {
  const int64_t dh = c.a.o.shape[2];
  for (int64_t i = 0; i < c.count; ++i) {
    T* out = static_cast<T*>(c.a.o.data) + c.offset(c.a.o, i);
    if (sum[i] == 0) std::fill_n(out, dh, T{});
    else
      for (int64_t d = 0; d < dh; ++d) put(o[d * columns + i] / sum[i], out + d);
  }
}

inline void finish(const Columns& c, int64_t columns, const float* o, const float* sum) {
  if (c.a.o.dtype == DType::bf16) transpose_out<bf16>(c, columns, o, sum);
  else transpose_out<float>(c, columns, o, sum);
}

// Rows of K or V as f32: they themselves, or widened into `block`.
struct Rows {
  const float* data;
  int64_t stride;
};
inline Rows rows(const TensorView& t, const cpu::Sequence& s, int64_t head, int64_t j, int64_t n, const Kernels& kernels,
                 float* block) {
  if (t.dtype == DType::f32) return {static_cast<const float*>(t.data) + s.key(t, head, j), t.stride[2]};
  const bf16* in = static_cast<const bf16*>(t.data) + s.key(t, head, j);
  kernels.widen(reinterpret_cast<const uint16_t*>(in), t.stride[2], n, t.shape[3], block);
  return {block, t.shape[3]};
}

// Floats of a thread: tiles, a block's scores, K and V.
inline int64_t thread_floats(const op::Attention& a, const Kernels& kernels, int64_t tiles) {
  const int64_t dh = a.q.shape[2];
  return tiles * Tile::floats(dh, kernels.columns) + kBlockKeys * (kernels.columns + 2 * dh);
}
inline size_t thread_bytes(const op::Attention& a, const Kernels& kernels, int64_t tiles) {
  return Workspace::rounded(size_t(thread_floats(a, kernels, tiles)) * sizeof(float));
}

// Keys first .. last - 1 for `tiles` tiles of neighbouring columns, whose memory lies one behind the other and is
// followed by the block's. Each key is fetched once for all of them.
inline void walk(const Kernels& kernels, const Columns& all, int64_t first, int64_t last, float* memory) {
  const op::Attention& a = all.a;
  const int64_t dh = a.q.shape[2], C = kernels.columns, tiles = (all.count + C - 1) / C;
  const auto columns = [&](int64_t t) { return Columns{a, all.s, all.head, all.first + t * C, std::min(C, all.count - t * C)}; };
  const auto tile = [&](int64_t t) { return Tile(memory + t * Tile::floats(dh, C), dh, C); };
  float* scores = memory + tiles * Tile::floats(dh, C);
  float *k_block = scores + kBlockKeys * C, *v_block = k_block + kBlockKeys * dh;
  for (int64_t t = 0; t < tiles; ++t) begin(columns(t), C, tile(t));
  for (int64_t j = first; j < last; j += kBlockKeys) {
    const int64_t n = std::min(kBlockKeys, last - j);
    const Rows k = rows(a.k, all.s, all.head, j, n, kernels, k_block);
    const Rows v = rows(a.v, all.s, all.head, j, n, kernels, v_block);
    for (int64_t t = 0; t < tiles; ++t) {
      const Columns c = columns(t);
      const Tile mine = tile(t);
      if (c.seen(c.count - 1) <= j) continue;  // rows further down see more
      const bool masked = c.seen(0) < j + n;
      for (int64_t i = 0; masked && i < C; ++i) mine.seen[i] = i < c.count ? float(c.seen(i) - j) : 0;
      kernels.attend(k.data, k.stride, v.data, v.stride, n, dh, mine.q, a.scale, masked ? mine.seen : nullptr,
                     a.q.dtype == DType::bf16, scores, mine.state, mine.o);
    }
  }
}

inline bool rejects(const op::Attention& a, Reason& reason) {
  return (a.q.shape[2] % 8 || a.q.shape[2] > 256) &&
         reason.set("the head size is %lld; multiples of 8 up to 256 are taken", (long long)a.q.shape[2]);
}

}  // namespace glimpse::attention
