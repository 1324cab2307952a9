#include "generation_flags.h"

#include <cstdio>

#include "usage.h"

namespace glimpse::cli {

void add_generation_flags(CLI::App& command, GenerationFlags& f) {
  const auto group = "Generation";
  command.add_option("--temperature", f.temperature, "randomness; 0 is greedy (default: the model's file)")
      ->check(zero_or_within(1e-30, 1e6))->type_name("T")->group(group);
  command.add_option("--top-k", f.top_k, "choose among this many of the likeliest tokens; 0: all")
      ->check(whole_within(0, int64_t{1} << 31))->type_name("K")->group(group);
  command.add_option("--top-p", f.top_p, "choose among the likeliest tokens of this total probability")
      ->check(number_within(0.0, 1.0))->type_name("P")->group(group);
  command.add_option("--min-p", f.min_p, "leave out tokens less likely than P times the likeliest")
      ->check(number_within(0.0, 1.0))->type_name("P")->group(group);
  command.add_option("--repetition-penalty", f.repetition_penalty, "above 1 makes tokens seen before less likely")
      ->check(number_within(1e-6, 1e6))->type_name("R")->group(group);
  command.add_option("--seed", f.seed, "of the random numbers; equal seeds give equal answers (default 0)")
      ->check(whole_within(0, INT64_MAX - 1))->type_name("N")->group(group);
  command.add_option("-n,--max-new-tokens", f.max_new_tokens, "end after this many tokens")
      ->check(whole_within(1, int64_t{1} << 31))->type_name("N")->group(group);
  command.add_option("--min-new-tokens", f.min_new_tokens, "do not end before this many tokens")
      ->check(whole_within(0, int64_t{1} << 31))->type_name("N")->group(group);
  command.add_option("--max-thinking", f.max_thinking, "close a thought after this many tokens and answer")
      ->check(whole_within(0, int64_t{1} << 31))->type_name("N")->group(group);
  command.add_option("--max-time", f.max_time, "end after this many seconds")
      ->check(number_within(1e-3, 1e9))->type_name("S")->group(group);
  command.add_flag("--ignore-eos", f.ignore_eos, "go on behind end tokens, up to --max-new-tokens")->group(group);
  command.add_option("--prefill-chunk", f.prefill_chunk, "tokens of the prompt per step (default 512)")
      ->check(whole_within(1, int64_t{1} << 20))->type_name("N")->group(group);
}

std::string generation_text(const GenerationConfig& c) {
  std::string text = c.do_sample ? "sampling" : "greedy";
  char part[64];
  const auto add = [&](const char* name, double value, bool shown) {
    std::snprintf(part, sizeof part, ", %s %.3g", name, value);
    if (shown) text += part;
  };
  add("temperature", c.temperature, c.do_sample);
  add("top-k", double(c.top_k), c.do_sample && c.top_k > 0);
  add("top-p", c.top_p, c.do_sample && c.top_p < 1);
  add("min-p", c.min_p, c.do_sample && c.min_p > 0);
  add("repetition penalty", c.repetition_penalty, c.repetition_penalty != 1);
  return text;
}

nlohmann::ordered_json generation_json(const GenerateOptions& o) {
  const GenerationConfig& c = o.config;
  nlohmann::ordered_json json{{"do_sample", c.do_sample}};
  if (c.do_sample)
    json.update({{"temperature", c.temperature}, {"top_k", c.top_k}, {"top_p", c.top_p}, {"min_p", c.min_p},
                 {"seed", o.seed}});
  json["repetition_penalty"] = c.repetition_penalty;
  if (c.max_new_tokens) json["max_new_tokens"] = *c.max_new_tokens;
  json["min_new_tokens"] = c.min_new_tokens;
  json["eos_token_id"] = c.eos_token_id;
  return json;
}

GenerateOptions generate_options(const GenerationFlags& f, const GenerationConfig& model, const Tokenizer& tokenizer,
                                 int64_t default_new_tokens) {
  GenerateOptions o;
  o.config = model;
  GenerationConfig& c = o.config;
  if (f.temperature) c.do_sample = *f.temperature > 0;
  if (f.temperature && *f.temperature > 0) c.temperature = *f.temperature;
  for (const auto& [given, name] : {std::pair(f.top_k.has_value(), "--top-k"), {f.top_p.has_value(), "--top-p"},
                                    {f.min_p.has_value(), "--min-p"}})
    GLIMPSE_CHECK(!given || c.do_sample,
                  "%s does nothing here, since the likeliest token is taken (%s); add --temperature T, for example 1",
                  name, f.temperature ? "--temperature 0" : "the model's own setting");
  if (f.top_k) c.top_k = *f.top_k;
  if (f.top_p) c.top_p = *f.top_p;
  if (f.min_p) c.min_p = *f.min_p;
  if (f.repetition_penalty) c.repetition_penalty = *f.repetition_penalty;
  if (f.max_new_tokens) c.max_new_tokens = *f.max_new_tokens;
  else if (!c.max_new_tokens && !c.max_length) c.max_new_tokens = default_new_tokens;
  if (f.min_new_tokens) c.min_new_tokens = *f.min_new_tokens;
  GLIMPSE_CHECK(!f.min_new_tokens || !c.max_new_tokens || c.min_new_tokens <= *c.max_new_tokens,
                "--min-new-tokens %lld is more than the %lld of --max-new-tokens", (long long)c.min_new_tokens,
                (long long)*c.max_new_tokens);
  if (f.max_time) c.max_time = *f.max_time;
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
