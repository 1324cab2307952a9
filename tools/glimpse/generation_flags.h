// Flags of every command that generates: what is chosen, when it ends, how the prompt is run.
#pragma once
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "model/generate.h"
#include "model/tokenizer.h"

namespace glimpse::cli {

// What was given; the rest is the model's generation_config.json.
struct GenerationFlags {
  std::optional<double> temperature, top_p, min_p, repetition_penalty, max_time;
  std::optional<int64_t> top_k, max_new_tokens, min_new_tokens, max_thinking;
  uint64_t seed = 0;
  bool ignore_eos = false;
  int64_t prefill_chunk = 512;
};

void add_generation_flags(CLI::App& command, GenerationFlags& flags);

// "greedy", or what is drawn from: "sampling, temperature 0.80, top-k 2, top-p 0.60".
std::string generation_text(const GenerationConfig& config);
// The values that an answer is made with, whether a flag or the model's file said so.
nlohmann::ordered_json generation_json(const GenerateOptions& options);

// The options of a generation. `default_new_tokens` counts where neither flag nor model says how many. Throws Error
// where the tokenizer lacks a token that a flag needs, or a filter is given that a greedy choice would not use.
GenerateOptions generate_options(const GenerationFlags& flags, const GenerationConfig& model,
                                 const Tokenizer& tokenizer, int64_t default_new_tokens);

}  // namespace glimpse::cli
