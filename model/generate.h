// Generation: prompts in, tokens out, one by one (spec 8.5, 9).
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/decode_step.h"
#include "model/generation_config.h"
#include "model/glm4v.h"
#include "model/kv_cache.h"
#include "model/prefix.h"
#include "model/stop_strings.h"

namespace glimpse {

// Closes a thought that grows too long, as the makers' benchmark does: `close` is appended and generation goes on.
struct ThinkingBudget {
  int64_t tokens = 0;          // allowed between `open` and `end`
  int32_t open = -1;           // <think>
  int32_t end = -1;            // </think>
  std::vector<int32_t> close;  // </think><answer>
};

struct GenerateOptions {
  GenerationConfig config;         // what the model's file may set: filters, end and pad tokens, lengths, limits
  int num_return_sequences = 1;    // answers to each prompt, one behind the other; more than one only with sampling
  const Tokenizer* tokenizer = nullptr;  // of config.stop_strings
  uint64_t seed = 0;
  bool same_draws = false;         // every sequence draws the random numbers that it would draw alone
  bool ignore_eos = false;         // go on to max_new_tokens
  bool keep_logits = false;        // the logits each token was chosen from
  int64_t prefill_chunk = 512;     // tokens of a prompt a step: bounds the memory of activations; at least 32 are taken
  bool replay = true;              // replay recorded decode steps where the device can; false: launch each kernel
  bool reuse_prefix = true;        // keep what the cache holds of an equal beginning
  std::optional<ThinkingBudget> thinking;

  // max_new_tokens of the configuration, else what max_length leaves, else 20 (spec 9.1).
  int64_t new_tokens(int64_t prompt_tokens) const;
};

enum class Finish { stop, length, time, cancelled };
const char* name_of(Finish finish);  // "stop", ...

struct GeneratedSequence {
  std::vector<int32_t> ids;   // new tokens; an end token is the last of them
  std::vector<float> logits;  // [ids, V] with keep_logits
  Finish finish = Finish::length;
};

// Wall time and counts of one call, over all sequences.
struct GenerateStats {
  int64_t prompt_tokens = 0, reused_tokens = 0, new_tokens = 0, decode_steps = 0, patches = 0;
  double vision_seconds = 0, prefill_seconds = 0, decode_seconds = 0;
  double first_token_seconds = 0;  // from the call to the first token of the first sequence
  int64_t sequences = 0;
  int64_t attended_tokens = 0;  // keys that the decode steps read, over all steps and sequences

  // Adds up calls; the time to the first token stays the first call's.
  GenerateStats& operator+=(const GenerateStats& other);
};

struct GenerateOutput {
  std::vector<GeneratedSequence> sequences;  // in the order of the prompts, num_return_sequences for each
  GenerateStats stats;
};

// Both may be empty.
struct GenerateEvents {
  std::function<void(int64_t done, int64_t total)> prefill;     // tokens in the cache, of all prompts
  std::function<bool(size_t sequence, int32_t id)> token;       // false: the sequence ends here (cancelled)
};

// One KV cache and what it holds. Sequences run side by side, packed and never padded: each gives the tokens that it
// gives alone.
class Generator {
 public:
  // `capacity`: tokens of one sequence, prompt and answer. Throws Error where memory does not suffice.
  Generator(Glm4vForConditionalGeneration& model, int slots, int64_t capacity);

  // At most `slots` answers. A sequence ends with an end token, with a stop string, at its length, or when an event
  // says so. Throws Error where a prompt is refused (Glm4vForConditionalGeneration::layout) or does not fit into the
  // cache.
  GenerateOutput generate(const std::vector<Prompt>& prompts, const GenerateOptions& options,
                          const GenerateEvents& events = {});
  // Fills the cache with the prompt and gives nothing: for what is measured or planned.
  void prefill(const Prompt& prompt, const GenerateOptions& options);
  const KvCache& cache() const { return cache_; }
  const DecodeStep& decode() const { return decode_; }

  // Kernels for few rows sum in another order than those for many. So that bits depend on the sequence alone, a step of
  // a prompt has at least prefill_rows() rows (where the prompt has), a decode step at most kDecodeRows, and only what
  // a step of at least prefill_rows() put into the cache is reused.
  static constexpr int64_t kDecodeRows = DecodeStep::kRows;
  int64_t prefill_rows() const { return model_.run().backend().on_host() ? 16 : 65; }

 private:
  struct Live;

  int64_t reuse(int slot, const Prompt& prompt, const SequenceLayout& layout, std::vector<uint64_t> frames);
  TensorView fill(int slot, const Prompt& prompt, const SequenceLayout& layout, const GenerateOptions& options,
                  const std::function<void(int64_t)>& progress, GenerateStats& stats);
  void choose(const TensorView& logits, const std::vector<Live*>& rows, const GenerateOptions& options,
              const GenerateEvents& events, GenerateOutput& out);
  TensorView step(const std::vector<Live*>& rows, const GenerateOptions& options);
  GenerateOutput generate_several(const std::vector<Prompt>& prompts, GenerateOptions options,
                                  const GenerateEvents& events);

  Glm4vForConditionalGeneration& model_;
  KvCache cache_;
  DecodeStep decode_;
  std::vector<CachedPrefix> slots_;
  double started_ = 0;
};

}  // namespace glimpse
