#include "model/glm4v.h"

#include <algorithm>
#include <numeric>

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

TensorView Glm4vForConditionalGeneration::encode(const Prompt& prompt) {
  return prompt.vision.grids.empty() ? TensorView{} : vision_.forward(run_, arena_, prompt.vision, dtype_);
}

namespace {

// All rows of one sequence, as the first step of slot 0.
TextBatch whole(const Prompt& prompt, const SequenceLayout& layout, const TensorView& vision) {
  const int32_t rows = int32_t(prompt.ids.size());
  TextBatch batch;
  batch.ids = prompt.ids;
  batch.positions = layout.positions;
  if (vision) batch.vision = vision, batch.vision_row = layout.vision_row;
  batch.index.resize(size_t(rows));
  std::iota(batch.index.begin(), batch.index.end(), 0);
  batch.slot.assign(size_t(rows), 0);
  batch.q_offsets = {0, rows};
  batch.kv_slot = {0};
  batch.kv_len = {rows};
  return batch;
}

// Device rows of f32 or bf16 appended to host floats.
void append(Backend& backend, const TensorView& dense, std::vector<float>& out) {
  const size_t n = size_t(dense.numel()), start = out.size();
  out.resize(start + n);
  if (dense.dtype == DType::f32) return backend.download(&out[start], dense.data, n * sizeof(float));
  std::vector<bf16> rounded(n);
  backend.download(rounded.data(), dense.data, n * sizeof(bf16));
  std::transform(rounded.begin(), rounded.end(), out.begin() + int64_t(start), [](bf16 v) { return to_f32(v); });
}

}  // namespace

ForwardOutput Glm4vForConditionalGeneration::forward(const std::vector<Prompt>& prompts, int logits_to_keep) {
  GLIMPSE_CHECK(logits_to_keep >= 0, "logits_to_keep is %d; 0 keeps all rows", logits_to_keep);
  const Glm4vTextConfig& c = config_.text;
  ForwardOutput out;
  for (const Prompt& prompt : prompts) {
    const int64_t rows = int64_t(prompt.ids.size());
    GLIMPSE_CHECK(rows > 0, "the prompt has no tokens");
    for (const int32_t id : prompt.ids)
      GLIMPSE_CHECK(id >= 0 && id < c.vocab_size, "token id %d is outside the vocabulary of %lld", id,
                    (long long)c.vocab_size);
    SequenceLayout layout = layout_sequence(prompt.ids, prompt.images, prompt.videos, config_);
    const TensorView vision = encode(prompt);
    const int64_t features = vision ? vision.shape[0] : 0;
    GLIMPSE_CHECK(features == layout.vision_rows, "the pictures give %lld rows, the prompt has %lld image tokens",
                  (long long)features, (long long)layout.vision_rows);
    KvCache cache(run_.backend(), dtype_, 1, int(c.num_hidden_layers), int(c.num_key_value_heads), rows,
                  int(c.head_dim()));
    const TensorView normed = text_.forward(run_, arena_, whole(prompt, layout, vision), cache, dtype_);
    const int64_t kept = logits_to_keep ? std::min<int64_t>(logits_to_keep, rows) : rows;
    append(run_.backend(), text_.logits(run_, arena_, normed.slice(0, rows - kept, rows)), out.logits);
    out.rope_deltas.push_back(layout.rope_delta());
    out.layouts.push_back(std::move(layout));
  }
  return out;
}

}  // namespace glimpse
