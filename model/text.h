// The text model: embeddings, decoder layers, final norm, head. Rows of several sequences are packed one after another.
#pragma once
#include <span>
#include <vector>

#include "glimpse/core/run.h"
#include "model/arena.h"
#include "model/config.h"
#include "model/kv_cache.h"
#include "model/weights.h"

namespace glimpse {

// Rows of one forward step, packed. Row m belongs to the sequence b with q_offsets[b] <= m < q_offsets[b + 1].
struct TextBatch {
  std::vector<int32_t> ids;         // [M]
  std::vector<int32_t> vision_row;  // [M], -1 or a row of `vision`
  std::vector<int32_t> positions;   // [M, 3]: t, y, x
  std::vector<int32_t> index;       // [M]: place in the cache
  std::vector<int32_t> slot;        // [M]
  std::vector<int32_t> q_offsets{0};  // [B + 1]
  std::vector<int32_t> kv_slot;     // [B]
  std::vector<int32_t> kv_len;      // [B]: keys of the sequence once these rows are in the cache
  TensorView vision;                // [T, d], on the device
  int64_t rows() const { return int64_t(ids.size()); }
  // Rows of one more sequence: `ids` lie at `first` and on in its cache slot; positions [n, 3]; vision_rows [n], or
  // none.
  void add(int32_t in_slot, int64_t first, std::span<const int32_t> ids, std::span<const int32_t> positions,
           std::span<const int32_t> vision_rows = {});
};

// A batch as the device sees it. Positions, places and lengths lie in its memory, so that launches recorded once serve
// every step of as many rows and sequences whose bounds hold.
struct TextInputs {
  TensorView ids, vision, vision_row, positions, inv_freq, slot, index, q_offsets, kv_slot, kv_len;
  int max_q = 0, max_kv = 0;  // bounds of one sequence's rows and keys
};

// Buffers of a step of at most `rows` rows; with a dry arena only their sizes.
struct TextBuffers {
  TensorView hidden, normed, q, attn, mlp, branch;
  TextBuffers(Arena& arena, const Glm4vTextConfig& config, DType dtype, int64_t rows);
};

class Glm4vTextModel {
 public:
  Glm4vTextModel(const Glm4vTextConfig& config, const TextWeights& weights) : config_(config), weights_(weights) {}

  // Brings a batch to the device, in one copy. `max_kv`: the bound, where it is more than the longest sequence.
  TextInputs upload(Arena& arena, const TextBatch& batch, int max_kv = 0) const;
  // Runs the rows and writes their keys and values; returns the final norm's output [M, d] (spec 8.1), valid until the
  // next call with this arena. Copies nothing and waits for nothing.
  TensorView forward(Run& run, Arena& arena, const TextInputs& inputs, KvCache& cache, DType dtype) const;
  TensorView forward(Run& run, Arena& arena, const TextBatch& batch, KvCache& cache, DType dtype) const {
    return forward(run, arena, upload(arena, batch), cache, dtype);
  }
  // Head of the given rows of `normed`: logits [rows, V] in the activation dtype.
  TensorView logits(Run& run, Arena& arena, const TensorView& normed) const;

 private:
  struct Step;
  void layer(Run& run, const Step& step, int i) const;
  const Glm4vTextConfig& config_;
  const TextWeights& weights_;
};

}  // namespace glimpse
