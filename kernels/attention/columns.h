// What flash and decode share around the block kernels: which query rows are columns, and how they get in and out.
#pragma once
#include <algorithm>
#include <cfloat>

#include "glimpse/kernels/cpu/attention_types.h"
#include "sequence.h"

namespace glimpse::attention {


constexpr int64_t kMostColumns = 64;

// One instruction set's kernels, see include/glimpse/kernels/cpu/attention_block.h.
struct Kernels {
  int64_t columns;  // of a tile
  int64_t block;    // keys at once: scores, K and V of a block stay in the caches
  void (*attend)(const cpu::Block& b, int64_t dh, const float* q, float scale, const float* seen, bool to_bf16,
                 float* s, float* state, float* o);
  void (*widen)(const uint16_t* in, int64_t stride, int64_t n, int64_t dh, float* out);
  void (*gather)(const void* const* rows, bool bf16, int64_t columns, int64_t dh, float* q);
  void (*scatter)(const float* o, const float* sum, int64_t n, bool bf16, int64_t columns, int64_t dh,
                  void* const* rows);
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

// The queries of a tile, no output yet. Columns that are not there repeat the last one and are never written.
inline void begin(const Kernels& kernels, const Columns& c, const Tile& t) {
  const int64_t dh = c.a.q.shape[2], columns = kernels.columns;
  const void* rows[kMostColumns];
  for (int64_t i = 0; i < columns; ++i)
    rows[i] = static_cast<const char*>(c.a.q.data) + c.offset(c.a.q, std::min(i, c.count - 1)) * size_of(c.a.q.dtype);
  kernels.gather(rows, c.a.q.dtype == DType::bf16, columns, dh, t.q);
  std::fill_n(t.o, dh * columns, 0.f);
  std::fill_n(t.state, columns, -FLT_MAX), std::fill_n(t.state + columns, columns, 0.f);
}

inline void finish(const Kernels& kernels, const Columns& c, const float* o, const float* sum) {
  void* rows[kMostColumns];
  for (int64_t i = 0; i < c.count; ++i)
    rows[i] = static_cast<char*>(c.a.o.data) + c.offset(c.a.o, i) * size_of(c.a.o.dtype);
  kernels.scatter(o, sum, c.count, c.a.o.dtype == DType::bf16, kernels.columns, c.a.o.shape[2], rows);
}

// Rows of K or V as f32: they themselves, or widened into `block`.
struct Rows {
  const float* data;
  int64_t stride;
};
inline Rows rows(const TensorView& t, const cpu::Sequence& s, int64_t head, int64_t j, int64_t n,
                 const Kernels& kernels, float* block) {
  if (t.dtype == DType::f32) return {static_cast<const float*>(t.data) + s.key(t, head, j), t.stride[2]};
  const bf16* in = static_cast<const bf16*>(t.data) + s.key(t, head, j);
  kernels.widen(reinterpret_cast<const uint16_t*>(in), t.stride[2], n, t.shape[3], block);
  return {block, t.shape[3]};
}

// The keys behind those at work, as they lie in memory.
inline cpu::Ahead ahead(const Columns& c, int64_t j, int64_t n) {
  const TensorView &k = c.a.k, &v = c.a.v;
  const int64_t size = size_of(k.dtype);
  const auto at = [&](const TensorView& t) { return static_cast<const char*>(t.data) + c.s.key(t, c.head, j) * size; };
  return {at(k), at(v), k.stride[2] * size, v.stride[2] * size, n, k.shape[3] * size};
}

// Floats of a thread: tiles, a block's scores, K and V.
inline int64_t thread_floats(const op::Attention& a, const Kernels& kernels, int64_t tiles) {
  const int64_t dh = a.q.shape[2];
  return tiles * Tile::floats(dh, kernels.columns) + kernels.block * (kernels.columns + 2 * dh);
}
inline size_t thread_bytes(const op::Attention& a, const Kernels& kernels, int64_t tiles) {
  return Workspace::rounded(size_t(thread_floats(a, kernels, tiles)) * sizeof(float));
}

// Keys first .. last - 1 for `tiles` tiles of neighbouring columns, whose memory lies one behind the other and is
// followed by the block's. Each key is fetched once for all of them.
inline void walk(const Kernels& kernels, const Columns& all, int64_t first, int64_t last, float* memory) {
  const op::Attention& a = all.a;
  const int64_t dh = a.q.shape[2], C = kernels.columns, tiles = (all.count + C - 1) / C;
  const auto columns = [&](int64_t t) {
    return Columns{a, all.s, all.head, all.first + t * C, std::min(C, all.count - t * C)};
  };
  const auto tile = [&](int64_t t) { return Tile(memory + t * Tile::floats(dh, C), dh, C); };
  float* scores = memory + tiles * Tile::floats(dh, C);
  float *k_block = scores + kernels.block * C, *v_block = k_block + kernels.block * dh;
  for (int64_t t = 0; t < tiles; ++t) begin(kernels, columns(t), tile(t));
  for (int64_t j = first, n; j < last; j += n) {
    n = std::min(kernels.block, last - j);
    const Rows k = rows(a.k, all.s, all.head, j, n, kernels, k_block);
    const Rows v = rows(a.v, all.s, all.head, j, n, kernels, v_block);
    cpu::Block block{k.data, v.data, k.stride, v.stride, n, ahead(all, j + n, std::min(kernels.block, last - j - n))};
    for (int64_t t = 0; t < tiles; ++t) {
      const Columns c = columns(t);
      const Tile mine = tile(t);
      block.n = std::min(n, c.seen(c.count - 1) - j);  // rows further down see more
      if (block.n <= 0) continue;
      const bool masked = c.seen(0) < j + block.n;
      for (int64_t i = 0; masked && i < C; ++i) mine.seen[i] = float(c.seen(std::min(i, c.count - 1)) - j);
      kernels.attend(block, dh, mine.q, a.scale, masked ? mine.seen : nullptr, a.q.dtype == DType::bf16, scores,
                     mine.state, mine.o);
      block.ahead = {};
    }
  }
}

inline bool rejects(const op::Attention& a, Reason& reason) {
  return (a.q.shape[2] % 8 || a.q.shape[2] > 256) &&
         reason.set("the head size is %lld; multiples of 8 up to 256 are taken", (long long)a.q.shape[2]);
}

}  // namespace glimpse::attention
