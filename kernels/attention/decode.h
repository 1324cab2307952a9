// Few query rows: a tile holds all heads of a group, so each row of K and V is read once for all of them. Long contexts
// are cut into chunks of kChunkKeys whatever the number of threads, computed apart and merged in their order.
#pragma once
#include <omp.h>

#include <cmath>
#include <vector>

#include "columns.h"

namespace glimpse::attention {

constexpr int64_t kDecodeRows = 4;   // query rows of a sequence; more reuse K and V enough for flash
constexpr int64_t kChunkKeys = 256;

// Of the bounds: all sequences, kv heads and chunks. A partial result is a tile's output, top and sum.
struct Partials {
  int64_t tiles, chunks, size;
  Partials(const op::Attention& a, const Kernels& kernels)
      : tiles((a.max_q * group(a) + kernels.columns - 1) / kernels.columns),
        chunks(std::max<int64_t>((a.max_kv + kChunkKeys - 1) / kChunkKeys, 1)),
        size((a.q.shape[2] + 2) * kernels.columns) {}
  size_t bytes(const op::Attention& a) const {
    const int64_t pairs = (a.q_offsets.shape[0] - 1) * a.k.shape[1];
    return Workspace::rounded(size_t(pairs * chunks * tiles * size) * sizeof(float));
  }
};

// The chunks of one tile into the first one's place: o and sum relative to the largest top.
inline void merge(float* first, int64_t step, int64_t chunks, int64_t C, int64_t dh) {
  float top[kMostColumns], weight[kMostColumns];
  float *o = first, *sum = first + (dh + 1) * C;
  std::copy_n(first + dh * C, C, top);
  for (int64_t i = 1; i < chunks; ++i)
    for (int64_t c = 0; c < C; ++c) top[c] = std::max(top[c], first[i * step + dh * C + c]);
  for (int64_t i = 0; i < chunks; ++i) {
    const float* part = first + i * step;
    for (int64_t c = 0; c < C; ++c) {
      weight[c] = std::exp(part[dh * C + c] - top[c]);
      sum[c] = (i ? sum[c] : 0) + part[(dh + 1) * C + c] * weight[c];
    }
    for (int64_t d = 0; d < dh; ++d)
      for (int64_t c = 0; c < C; ++c) o[d * C + c] = (i ? o[d * C + c] : 0) + part[d * C + c] * weight[c];
  }
}

inline void decode(const op::Attention& a, Context& ctx, const Kernels& kernels) {
  const std::vector<cpu::Sequence> sequences = cpu::sequences(a);
  const int64_t dh = a.q.shape[2], C = kernels.columns, heads = a.k.shape[1];
  const Partials p(a, kernels);
  float* partials = static_cast<float*>(ctx.workspace.take(p.bytes(a)));
  const size_t bytes = thread_bytes(a, kernels, p.tiles);
  char* memory = static_cast<char*>(ctx.workspace.take(bytes * size_t(ctx.threads)));
  const auto count = [&](const cpu::Sequence& s) { return (s.last - s.first) * group(a); };
  const auto chunks = [](const cpu::Sequence& s) {
    return std::max<int64_t>((s.keys + kChunkKeys - 1) / kChunkKeys, 1);
  };
  const auto place = [&](int64_t pair, int64_t chunk, int64_t tile) {
    return partials + ((pair * p.chunks + chunk) * p.tiles + tile) * p.size;
  };
  const auto write = [&](int64_t pair, int64_t t, const float* o, const float* sum) {
    const cpu::Sequence& s = sequences[size_t(pair / heads)];
    finish(kernels, {a, s, pair % heads, t * C, std::min(C, count(s) - t * C)}, o, sum);
  };
  const int64_t pairs = int64_t(sequences.size()) * heads;
#pragma omp parallel num_threads(int(std::clamp<int64_t>(pairs * p.chunks, 1, ctx.threads)))
  {
    float* mine = reinterpret_cast<float*>(memory + bytes * size_t(omp_get_thread_num()));
#pragma omp for schedule(dynamic, 1)
    for (int64_t i = 0; i < pairs * p.chunks; ++i) {
      const int64_t pair = i / p.chunks, chunk = i % p.chunks;
      const cpu::Sequence& s = sequences[size_t(pair / heads)];
      if (count(s) == 0 || chunk >= chunks(s)) continue;
      const int64_t from = chunk * kChunkKeys;
      walk(kernels, {a, s, pair % heads, 0, count(s)}, from, std::min(from + kChunkKeys, s.keys), mine);
      for (int64_t t = 0; t * C < count(s); ++t) {
        const Tile tile(mine + t * Tile::floats(dh, C), dh, C);
        if (p.chunks == 1) {  // nothing to merge
          write(pair, t, tile.o, tile.state + C);
          continue;
        }
        std::copy_n(tile.o, dh * C, place(pair, chunk, t));
        std::copy_n(tile.state, 2 * C, place(pair, chunk, t) + dh * C);
      }
    }
#pragma omp for schedule(dynamic, 1)
    for (int64_t pair = 0; pair < (p.chunks == 1 ? 0 : pairs); ++pair) {
      const cpu::Sequence& s = sequences[size_t(pair / heads)];
      for (int64_t t = 0; t * C < count(s); ++t) {
        float* first = place(pair, 0, t);
        merge(first, p.tiles * p.size, chunks(s), C, dh);
        write(pair, t, first, first + (dh + 1) * C);
      }
    }
  }
}

inline size_t decode_workspace(const op::Attention& a, Context& ctx, const Kernels& kernels) {
  const Partials p(a, kernels);
  return p.bytes(a) + thread_bytes(a, kernels, p.tiles) * size_t(ctx.threads);
}

inline bool decode_rejects(const op::Attention& a, const DeviceInfo&, Reason& reason) {
  if (a.max_q > kDecodeRows)
    return reason.set("a sequence has up to %d query rows; up to %lld are taken", a.max_q, (long long)kDecodeRows);
  return rejects(a, reason);
}

}  // namespace glimpse::attention
