// Many query rows: online softmax over blocks of keys. An item is a run of columns of one kv head; items are handed out
// as threads become free, the longest first.
#pragma once
#include <omp.h>

#include <vector>

#include "columns.h"

namespace glimpse::attention {

constexpr int64_t kFlashTiles = 8;  // that share a fetched block of keys

struct FlashItem {
  int sequence;
  int64_t head, first, keys;
};

// Columns of an item: fewer where that would leave threads idle. A column's bits do not depend on it.
inline int64_t flash_columns(const op::Attention& a, const Kernels& kernels, int threads) {
  const int64_t pairs = a.q.shape[0] * a.q.shape[1], wide = kernels.columns * kFlashTiles;
  return pairs >= 4 * threads * wide ? wide : kernels.columns;
}

inline std::vector<FlashItem> flash_items(const op::Attention& a, const std::vector<cpu::Sequence>& sequences,
                                          int64_t columns) {
  std::vector<FlashItem> items;
  for (size_t b = 0; b < sequences.size(); ++b) {
    const cpu::Sequence& s = sequences[b];
    const int64_t pairs = (s.last - s.first) * group(a);
    for (int64_t first = 0; first < pairs; first += columns)
      for (int64_t head = 0; head < a.k.shape[1]; ++head)
        items.push_back({int(b), head, first,
                         s.visible(a, s.first + (std::min(first + columns, pairs) - 1) / group(a))});
  }
  std::sort(items.begin(), items.end(), [](auto& x, auto& y) { return x.keys > y.keys; });
  return items;
}

inline void flash(const op::Attention& a, Context& ctx, const Kernels& kernels) {
  const std::vector<cpu::Sequence> sequences = cpu::sequences(a);
  const int64_t dh = a.q.shape[2], C = kernels.columns, columns = flash_columns(a, kernels, ctx.threads);
  const std::vector<FlashItem> items = flash_items(a, sequences, columns);
  const size_t bytes = thread_bytes(a, kernels, kFlashTiles);
  char* memory = static_cast<char*>(ctx.workspace.take(bytes * size_t(ctx.threads)));
#pragma omp parallel num_threads(ctx.threads)
  {
    float* mine = reinterpret_cast<float*>(memory + bytes * size_t(omp_get_thread_num()));
#pragma omp for schedule(dynamic, 1)
    for (size_t i = 0; i < items.size(); ++i) {
      const FlashItem& item = items[i];
      const cpu::Sequence& s = sequences[size_t(item.sequence)];
      const int64_t end = std::min(item.first + columns, (s.last - s.first) * group(a));
      walk(kernels, {a, s, item.head, item.first, end - item.first}, 0, item.keys, mine);
      for (int64_t first = item.first; first < end; first += C) {
        const Tile tile(mine + (first - item.first) / C * Tile::floats(dh, C), dh, C);
        finish(kernels, {a, s, item.head, first, std::min(C, end - first)}, tile.o, tile.state + C);
      }
    }
  }
}

inline size_t flash_workspace(const op::Attention& a, Context& ctx, const Kernels& kernels) {
  return thread_bytes(a, kernels, kFlashTiles) * size_t(ctx.threads);
}
inline bool flash_rejects(const op::Attention& a, const DeviceInfo&, Reason& reason) { return rejects(a, reason); }

}  // namespace glimpse::attention
