// The whole model: vision tower, text model, head.
#pragma once
#include <variant>
#include <vector>

#include "glimpse/core/run.h"
#include "model/config.h"
#include "model/positions.h"
#include "model/text.h"
#include "model/vision.h"
#include "model/weights.h"

namespace glimpse {

class Checkpoint;

// Pictures and the temporal patches of videos, each a frame of its own: the segments of the vision tower.
std::vector<Grid> frames_of(const std::vector<Grid>& grids);

// Device rows of f32 or bf16, dense, appended to host floats.
void append_rows(Backend& backend, const TensorView& rows, std::vector<float>& out);

// One sequence: its ids with every placeholder expanded, and what the placeholders stand for.
struct Prompt {
  std::vector<int32_t> ids;
  VisionInput vision;              // pictures and videos in the order of their placeholders
  std::vector<Grid> images, videos;
};

// Rows of each sequence that get logits: that many at its end (0: all), or these, counted from its end where negative.
using LogitsToKeep = std::variant<int, std::vector<int64_t>>;

// Output of forward(): host tensors in f32, rows of every sequence one after another.
struct ForwardOutput {
  std::vector<float> logits;              // [kept rows, V]
  std::vector<int64_t> rope_deltas;       // [B]
  std::vector<SequenceLayout> layouts;    // [B]
};

class Glm4vForConditionalGeneration {
 public:
  // dtype: of the activations, f32 or bf16. The checkpoint must outlive the model.
  Glm4vForConditionalGeneration(const Checkpoint& checkpoint, Glm4vConfig config, Run& run, DType dtype,
                                LoadProgress progress = nullptr);

  // The sequences one after another, each in one step over a fresh cache (spec 8.6). Throws Error for an empty prompt,
  // where pictures and placeholders do not agree, and where logits_to_keep names a row that a sequence has not.
  ForwardOutput forward(const std::vector<Prompt>& prompts, const LogitsToKeep& logits_to_keep = 0);
  // get_image_features and get_video_features: for each picture or video its rows [tokens, out_hidden_size], in f32 on
  // the host (spec 13.7).
  std::vector<std::vector<float>> get_image_features(const VisionInput& vision);
  // Where the sequence's tokens stand. Throws Error for an empty prompt, ids outside the vocabulary, more tokens than
  // the model was made for, and pictures that do not agree with the placeholders.
  SequenceLayout layout(const Prompt& prompt) const;
  // Vision rows [T, d] of the prompt's pictures and frames behind the first `skip_frames`, valid until the next call.
  // Frames are encoded in groups of about kPatchesAtOnce, so memory does not grow with their number.
  TensorView encode(const Prompt& prompt, size_t skip_frames = 0);
  static constexpr int64_t kPatchesAtOnce = 8192;

  const Glm4vTextModel& text() const { return text_; }
  const Glm4vConfig& config() const { return config_; }
  const Weights& weights() const { return weights_; }
  Run& run() { return run_; }
  Arena& arena() { return arena_; }
  DType dtype() const { return dtype_; }

 private:
  void append_logits(const TensorView& normed, const LogitsToKeep& keep, std::vector<float>& out);
  Glm4vConfig config_;
  Run& run_;
  DType dtype_;
  Weights weights_;
  Glm4vVisionModel vision_;
  Glm4vTextModel text_;
  Arena arena_;
};

}  // namespace glimpse
