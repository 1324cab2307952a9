#include "generation_flags.h"

#include "usage.h"

namespace glimpse::cli {

void add_generation_flags(CLI::App& command, GenerationFlags& f) {
  const auto group = "Generation";
  command.add_option("--temperature", f.temperature, "randomness; 0 is greedy (default: the model's file)")
      ->check(number_within(0.0, 1e6))->type_name("T")->group(group);
  command.add_option("--top-k", f.top_k, "choose among this many of the likeliest tokens; 0: all")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 31))->type_name("K")->group(group);
  command.add_option("--top-p", f.top_p, "choose among the likeliest tokens of this total probability")
      ->check(number_within(0.0, 1.0))->type_name("P")->group(group);
  command.add_option("--min-p", f.min_p, "leave out tokens less likely than P times the likeliest")
      ->check(number_within(0.0, 1.0))->type_name("P")->group(group);
  command.add_option("--repetition-penalty", f.repetition_penalty, "above 1 makes tokens seen before less likely")
      ->check(number_within(1e-6, 1e6))->type_name("R")->group(group);
  command.add_option("--seed", f.seed, "of the random numbers; equal seeds give equal answers (default 0)")
      ->type_name("N")->group(group);
  command.add_option("-n,--max-new-tokens", f.max_new_tokens, "end after this many tokens")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 31))->type_name("N")->group(group);
  command.add_option("--min-new-tokens", f.min_new_tokens, "do not end before this many tokens")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 31))->type_name("N")->group(group);
  command.add_option("--max-thinking", f.max_thinking, "close a thought after this many tokens and answer")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 31))->type_name("N")->group(group);
  command.add_option("--max-time", f.max_time, "end after this many seconds")
      ->check(number_within(1e-3, 1e9))->type_name("S")->group(group);
  command.add_flag("--ignore-eos", f.ignore_eos, "go on behind end tokens, up to --max-new-tokens")->group(group);
  command.add_option("--prefill-chunk", f.prefill_chunk, "tokens of the prompt per step (default 512)")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 20))->type_name("N")->group(group);
}

GenerateOptions generate_options(const GenerationFlags& f, const GenerationConfig& model, const Tokenizer& tokenizer,
                                 int64_t default_new_tokens) {
  GenerateOptions o;
  o.config = model;
  GenerationConfig& c = o.config;
  if (f.temperature) c.do_sample = *f.temperature > 0;
  if (f.temperature && *f.temperature > 0) c.temperature = *f.temperature;
  if (f.top_k) c.top_k = *f.top_k;
  if (f.top_p) c.top_p = *f.top_p;
  if (f.min_p) c.min_p = *f.min_p;
  if (f.repetition_penalty) c.repetition_penalty = *f.repetition_penalty;
  if (f.max_new_tokens) c.max_new_tokens = *f.max_new_tokens;
  else if (!c.max_new_tokens && !c.max_length) c.max_new_tokens = default_new_tokens;
  o.min_new_tokens = f.min_new_tokens.value_or(0);
  GLIMPSE_CHECK(!c.max_new_tokens || o.min_new_tokens <= *c.max_new_tokens,
                "--min-new-tokens %lld is more than the %lld of --max-new-tokens", (long long)o.min_new_tokens,
                (long long)*c.max_new_tokens);
  o.max_time = f.max_time.value_or(0);
  o.seed = f.seed;
  o.ignore_eos = f.ignore_eos;
  o.prefill_chunk = f.prefill_chunk;
  if (f.max_thinking) {
    const int32_t end = tokenizer.required_id("</think>");
    o.thinking = ThinkingBudget{*f.max_thinking, tokenizer.required_id("<think>"), end,
                                {end, tokenizer.required_id("<answer>")}};
  }
  return o;
}

}  // namespace glimpse::cli
