// Generation, first half: the prompt into the cache, in chunks, behind what the cache already holds of it.
#include <algorithm>

#include "model/clock.h"
#include "model/fingerprint.h"
#include "model/generate.h"

namespace glimpse {

// Brings the longest beginning of the prompt that any slot holds into this one; returns its length.
// prefill_rows() are left to compute.
int64_t Generator::reuse(int slot, const Prompt& prompt, const SequenceLayout& layout, std::vector<uint64_t> frames) {
  CachedPrefix& held = slots_[size_t(slot)];
  const int64_t most = int64_t(prompt.ids.size()) - prefill_rows();
  int64_t kept = held.common(prompt, layout, frames, most);
  for (int other = 0; other < int(slots_.size()); ++other) {
    const int64_t longer = slots_[size_t(other)].common(prompt, layout, frames, most);
    if (longer <= kept) continue;
    kept = longer;
    cache_.copy(other, slot, kept);
    held.ids = slots_[size_t(other)].ids;
  }
  held.cut(kept);
  held.frames = std::move(frames);
  return kept;
}

// Runs the prompt into the slot, in chunks; returns the logits of its last token [1, V].
TensorView Generator::fill(int slot, const Prompt& prompt, const SequenceLayout& layout, const GenerateOptions& options,
                           const std::function<void(int64_t)>& progress, GenerateStats& stats) {
  CachedPrefix& held = slots_[size_t(slot)];
  Run& run = model_.run();
  const int64_t rows = int64_t(prompt.ids.size());
  const double start = host_seconds();
  if (!options.reuse_prefix) held = {};
  const int64_t kept = options.reuse_prefix ? reuse(slot, prompt, layout, fingerprints(prompt)) : 0;
  // The first vision row still needed, and the frame that it lies in.
  int64_t need = layout.vision_rows, base = 0;
  for (int64_t m = kept; m < rows && need == layout.vision_rows; ++m)
    if (layout.vision_row[size_t(m)] >= 0) need = layout.vision_row[size_t(m)];
  const int64_t merge = model_.config().vision.spatial_merge_size;
  size_t skip = 0;
  for (const Grid& f : frames_of(prompt.vision.grids)) {
    const int64_t tokens = f.patches() / (merge * merge);
    if (base + tokens > need) break;
    base += tokens, ++skip;
  }
  TextBatch batch;
  if (need < layout.vision_rows) {
    const Run::Phase phase(run, "vision");
    batch.vision = model_.encode(prompt, skip);
    run.backend().synchronize();
    stats.patches += batch.vision.shape[0] * merge * merge;
  }
  const double seen = host_seconds();
  stats.vision_seconds += seen - start;
  const Run::Phase phase(run, "prefill");
  TensorView normed;
  const int64_t chunk_rows = std::max(options.prefill_chunk, 2 * prefill_rows());
  for (int64_t first = kept; first < rows;) {
    // Chunks of equal size, so that the last is not a short one.
    const int64_t chunks = (rows - first + chunk_rows - 1) / chunk_rows, count = (rows - first + chunks - 1) / chunks;
    std::vector<int32_t> vision_rows(layout.vision_row.begin() + first, layout.vision_row.begin() + first + count);
    for (int32_t& r : vision_rows) r = r < 0 ? r : r - int32_t(base);
    TextBatch chunk;
    chunk.vision = batch.vision;
    chunk.add(slot, first, std::span(prompt.ids).subspan(size_t(first), size_t(count)),
              std::span(layout.positions).subspan(size_t(3 * first), size_t(3 * count)), vision_rows);
    normed = model_.text().forward(run, model_.arena(), chunk, cache_, model_.dtype());
    if (count >= prefill_rows()) held.ids.insert(held.ids.end(), chunk.ids.begin(), chunk.ids.end());
    held.used = first += count;
    if (progress) run.backend().synchronize(), progress(count);
  }
  const TensorView last = normed.slice(0, normed.shape[0] - 1, normed.shape[0]);
  const TensorView logits = model_.text().logits(run, model_.arena(), last);
  run.backend().synchronize();
  stats.prefill_seconds += host_seconds() - seen;
  stats.prompt_tokens += rows;
  stats.reused_tokens += kept;
  return logits;
}

void Generator::prefill(const Prompt& prompt, const GenerateOptions& options) {
  GenerateStats stats;
  fill(0, prompt, model_.layout(prompt), options, nullptr, stats);
}

}  // namespace glimpse
