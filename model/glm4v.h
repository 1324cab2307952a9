// The whole model: vision tower, text model, head; forward and generation.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "glimpse/core/run.h"
#include "model/config.h"
#include "model/kv_cache.h"
#include "model/positions.h"
#include "model/text.h"
#include "model/vision.h"
#include "model/weights.h"

namespace glimpse {

class Checkpoint;

// One sequence: its ids with every placeholder expanded, and what the placeholders stand for.
struct Prompt {
  std::vector<int32_t> ids;
  VisionInput vision;              // pictures and videos in the order of their placeholders
  std::vector<Grid> images, videos;
};

// Sampling and stopping (spec 9). Greedy where do_sample is false.
struct GenerationOptions {
  int max_new_tokens = 20;
  int min_new_tokens = 0;
  bool do_sample = false;
  float temperature = 1, top_p = 1, min_p = 0, repetition_penalty = 1;
  int top_k = 50;
  uint64_t seed = 0;
  std::vector<int32_t> eos_token_ids;
  bool ignore_eos = false;
  bool keep_logits = false;        // the logits of every generated token are returned
  int prefill_chunk = 1024;        // rows of a prefill step: bounds the memory of activations
  // Called for each new token; false ends that sequence.
  std::function<bool(int sequence, int32_t token)> on_token;
  // Called while prefilling: rows done and in all.
  std::function<void(int64_t done, int64_t total)> on_prefill;
};

enum class FinishReason { stop, length, cancelled };
const char* name_of(FinishReason reason);

struct Generated {
  std::vector<int32_t> ids;        // new tokens, the end token included
  FinishReason reason = FinishReason::length;
  std::vector<float> logits;       // [ids, V] with keep_logits
};

// Where the time went, in seconds; and the bytes of weights and cache that decoding read.
struct GenerationStats {
  double vision = 0, prefill = 0, decode = 0;
  int64_t prompt_tokens = 0, vision_patches = 0, new_tokens = 0, decode_steps = 0;
  double decode_bytes = 0;
};

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

  // logits_to_keep: rows at the end of each sequence, 0 = all (spec 8.6).
  ForwardOutput forward(const std::vector<Prompt>& prompts, int logits_to_keep = 0);
  std::vector<Generated> generate(const std::vector<Prompt>& prompts, const GenerationOptions& options,
                                  GenerationStats* stats = nullptr);

  const Glm4vConfig& config() const { return config_; }
  const Weights& weights() const { return weights_; }
  Run& run() { return run_; }
  Arena& arena() { return arena_; }
  DType dtype() const { return dtype_; }
  // Bytes of the weights one decode step reads.
  int64_t decode_weight_bytes() const;

 private:
  friend class Generation;
  TensorView encode(const Prompt& prompt);
  TextBatch rows_of(const Prompt& prompt, const SequenceLayout& layout, const TensorView& vision, int64_t lo,
                    int64_t hi, int slot) const;
  std::vector<float> host_logits(const TensorView& normed);
  Glm4vConfig config_;
  Run& run_;
  DType dtype_;
  Weights weights_;
  Glm4vVisionModel vision_;
  Glm4vTextModel text_;
  Arena arena_;
};

}  // namespace glimpse
