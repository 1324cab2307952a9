#include "model/glm4v.h"

#include <algorithm>

#include "model/kv_cache.h"

namespace glimpse {

Glm4vForConditionalGeneration::Glm4vForConditionalGeneration(const Checkpoint& checkpoint, Glm4vConfig config, Run& run,
                                                             DType dtype, LoadProgress progress)
    : config_(std::move(config)),
      run_(run),
      dtype_(dtype),
      weights_(load_weights(checkpoint, config_, run.backend(), progress)),
      vision_(config_.vision, weights_.vision),
      text_(config_.text, weights_.text),
      arena_(&run.backend()) {
  GLIMPSE_CHECK(dtype == DType::f32 || dtype == DType::bf16, "activations are f32 or bf16, not %s", name_of(dtype));
}

std::vector<Grid> frames_of(const std::vector<Grid>& grids) {
  std::vector<Grid> frames;
  for (const Grid& g : grids) frames.insert(frames.end(), size_t(std::max<int64_t>(g.t, 0)), Grid{1, g.h, g.w});
  return frames;
}

void append_rows(Backend& backend, const TensorView& rows, std::vector<float>& out) {
  const size_t n = size_t(rows.numel()), start = out.size();
  out.resize(start + n);
  if (rows.dtype == DType::f32) return backend.download(&out[start], rows.data, n * sizeof(float));
  std::vector<bf16> rounded(n);
  backend.download(rounded.data(), rows.data, n * sizeof(bf16));
  std::transform(rounded.begin(), rounded.end(), out.begin() + int64_t(start), [](bf16 v) { return to_f32(v); });
}

TensorView Glm4vForConditionalGeneration::encode(const Prompt& prompt, size_t skip_frames) {
  const std::vector<Grid> frames = frames_of(prompt.vision.grids);
  if (skip_frames >= frames.size()) return {};
  const int64_t area = config_.vision.spatial_merge_size * config_.vision.spatial_merge_size;
  int64_t first = 0, patches = 0;
  for (size_t i = 0; i < frames.size(); ++i) (i < skip_frames ? first : patches) += frames[i].patches();
  GLIMPSE_CHECK(prompt.vision.pixels.rank == 2 && prompt.vision.pixels.shape[0] == first + patches,
                "the grids count %lld patches, pixel_values has %lld rows", (long long)(first + patches),
                (long long)prompt.vision.pixels.shape[0]);
  const TensorView out = arena_.get("vision.out", dtype_, {patches / area, config_.vision.out_hidden_size});
  int64_t row = 0;
  for (size_t i = skip_frames; i < frames.size();) {
    VisionInput group{{}, prompt.vision.table, {}};
    int64_t rows = 0;
    do {
      rows += frames[i].patches();
      group.grids.push_back(frames[i++]);
    } while (i < frames.size() && rows + frames[i].patches() <= kPatchesAtOnce);
    group.pixels = prompt.vision.pixels.slice(0, first, first + rows);
    vision_.forward(run_, arena_, group, out.slice(0, row, row + rows / area));
    first += rows, row += rows / area;
  }
  return out;
}

SequenceLayout Glm4vForConditionalGeneration::layout(const Prompt& prompt) const {
  const Glm4vTextConfig& c = config_.text;
  GLIMPSE_CHECK(!prompt.ids.empty(), "the prompt has no tokens");
  GLIMPSE_CHECK(
      int64_t(prompt.ids.size()) <= c.max_position_embeddings,
      "the prompt has %zu tokens, the model was made for at most %lld (max_position_embeddings); give fewer or "
      "smaller pictures or a shorter text",
      prompt.ids.size(), (long long)c.max_position_embeddings);
  for (const int32_t id : prompt.ids)
    GLIMPSE_CHECK(id >= 0 && id < c.vocab_size, "token id %d is outside the vocabulary of %lld", id,
                  (long long)c.vocab_size);
  SequenceLayout layout = layout_sequence(prompt.ids, prompt.images, prompt.videos, config_);
  const int64_t area = config_.vision.spatial_merge_size * config_.vision.spatial_merge_size;
  int64_t features = 0;
  for (const Grid& g : prompt.vision.grids) features += g.patches() / area;
  GLIMPSE_CHECK(features == layout.vision_rows, "the pictures give %lld rows, the prompt has %lld image tokens",
                (long long)features, (long long)layout.vision_rows);
  return layout;
}

std::vector<std::vector<float>> Glm4vForConditionalGeneration::get_image_features(const VisionInput& vision) {
  Prompt prompt;
  prompt.vision = vision;
  const TensorView rows = encode(prompt);
  const int64_t area = config_.vision.spatial_merge_size * config_.vision.spatial_merge_size;
  std::vector<std::vector<float>> features;
  int64_t first = 0;
  for (const Grid& g : vision.grids) {
    const int64_t count = g.patches() / area;
    append_rows(run_.backend(), rows.slice(0, first, first + count), features.emplace_back());
    first += count;
  }
  return features;
}

void Glm4vForConditionalGeneration::append_logits(const TensorView& normed, const LogitsToKeep& keep,
                                                  std::vector<float>& out) {
  const int64_t rows = normed.shape[0];
  const auto append = [&](int64_t first, int64_t end) {
    append_rows(run_.backend(), text_.logits(run_, arena_, normed.slice(0, first, end)), out);
  };
  if (const int* last = std::get_if<int>(&keep)) {
    GLIMPSE_CHECK(*last >= 0, "logits_to_keep is %d; 0 keeps all rows", *last);
    return append(*last ? std::max<int64_t>(rows - *last, 0) : 0, rows);
  }
  for (const int64_t index : std::get<std::vector<int64_t>>(keep)) {
    GLIMPSE_CHECK(index >= -rows && index < rows, "logits_to_keep names row %lld, the sequence has %lld",
                  (long long)index, (long long)rows);
    const int64_t row = index < 0 ? index + rows : index;
    append(row, row + 1);
  }
}

ForwardOutput Glm4vForConditionalGeneration::forward(const std::vector<Prompt>& prompts,
                                                     const LogitsToKeep& logits_to_keep) {
  const Glm4vTextConfig& c = config_.text;
  ForwardOutput out;
  for (const Prompt& prompt : prompts) {
    const int64_t rows = int64_t(prompt.ids.size());
    SequenceLayout layout = this->layout(prompt);
    TextBatch batch;
    batch.add(0, 0, prompt.ids, layout.positions, layout.vision_row);
    batch.vision = encode(prompt);
    KvCache cache(run_.backend(), dtype_, 1, int(c.num_hidden_layers), int(c.num_key_value_heads), rows,
                  int(c.head_dim()));
    append_logits(text_.forward(run_, arena_, batch, cache, dtype_), logits_to_keep, out.logits);
    out.rope_deltas.push_back(layout.rope_delta());
    out.layouts.push_back(std::move(layout));
  }
  return out;
}

}  // namespace glimpse
