#include "model/generate_keywords.h"

#include <algorithm>
#include <set>

#include "glimpse/core/error.h"
#include "model/image_processor_fields.h"

namespace glimpse {

namespace {

// Taken by GenerationConfig::with or below.
const std::set<std::string> kTaken = {
    "do_sample", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "eos_token_id", "pad_token_id",
    "max_new_tokens", "max_length", "min_new_tokens", "min_length", "max_time", "stop_strings", "num_return_sequences",
    "prefill_chunk_size", "output_logits", "return_dict_in_generate", "seed"};

// A keyword that is not offered. `neutral`: its values, a JSON list, that ask for nothing and are let through.
struct Refused {
  const char *name, *neutral, *why;
};

constexpr const char* kBeams = "beam search is not offered; num_return_sequences with do_sample gives several answers";
constexpr const char* kOneModel = "one model generates alone; leave it out";
constexpr const char* kEncoder = "this model has no encoder of text; leave it out";
constexpr const char* kFilter = "this filter is not offered; temperature, top_k, top_p and min_p are";
constexpr const char* kRules = "rules about single tokens are not offered; repetition_penalty and stop_strings are";
constexpr const char* kInner = "is not kept while generating; an Observer (glimpse/core/observer.h) sees every tensor";
constexpr const char* kCache = "there is one cache, Generator's; leave it out";
constexpr const char* kArgument = "is no keyword here: prompts are the first argument, made by Glm4vProcessor";
constexpr const char* kEvents = "is no keyword here: give GenerateEvents::token a function";
constexpr const char* kOptions = "is no keyword here: it is GenerateOptions itself";
constexpr const char* kNoCompiler = "nothing is compiled at run time; leave it out";

constexpr Refused kRefused[] = {
    {"num_beams", "[1]", kBeams},
    {"num_beam_groups", "[1]", kBeams},
    {"early_stopping", "[false]", kBeams},
    {"length_penalty", "[1]", kBeams},
    {"diversity_penalty", "[0]", kBeams},
    {"constraints", "[]", kBeams},
    {"force_words_ids", "[]", kBeams},
    {"penalty_alpha", "[0]", "contrastive search is not offered; leave it out"},
    {"dola_layers", "[]", "decoding from several layers is not offered; leave it out"},
    {"low_memory", "[false]", "contrastive search is not offered; leave it out"},
    {"guidance_scale", "[1]", "guidance by a second prompt is not offered; leave it out"},
    {"negative_prompt_ids", "[]", "guidance by a second prompt is not offered; leave it out"},
    {"negative_prompt_attention_mask", "[]", "guidance by a second prompt is not offered; leave it out"},
    {"top_h", "[]", kFilter},
    {"typical_p", "[1]", kFilter},
    {"epsilon_cutoff", "[0]", kFilter},
    {"eta_cutoff", "[0]", kFilter},
    {"renormalize_logits", "[false, true]", kFilter},
    {"remove_invalid_values", "[false]", "infinite logits are not mended; leave it out"},
    {"no_repeat_ngram_size", "[0]", kRules},
    {"bad_words_ids", "[]", kRules},
    {"sequence_bias", "[]", kRules},
    {"suppress_tokens", "[[]]", kRules},
    {"begin_suppress_tokens", "[[]]", kRules},
    {"forced_bos_token_id", "[]", kRules},
    {"forced_eos_token_id", "[]", kRules},
    {"exponential_decay_length_penalty", "[]", kRules},
    {"token_healing", "[false]", kRules},
    {"watermarking_config", "[]", "watermarks are not offered; leave it out"},
    {"encoder_repetition_penalty", "[1]", kEncoder},
    {"encoder_no_repeat_ngram_size", "[0]", kEncoder},
    {"encoder_outputs", "[]", kEncoder},
    {"decoder_start_token_id", "[]", kEncoder},
    {"bos_token_id", "[]", "the prompt begins as the chat template says; leave it out"},
    {"output_scores", "[false]", "scores behind the filters are not kept; output_logits keeps those before them"},
    {"output_attentions", "[false]", kInner},
    {"output_hidden_states", "[false]", kInner},
    {"use_cache", "[true]", "generation always has a cache; leave it out"},
    {"cache_implementation", "[]", kCache},
    {"cache_config", "[]", kCache},
    {"return_legacy_cache", "[false]", kCache},
    {"past_key_values", "[]", kCache},
    {"cache_position", "[]", kCache},
    {"compile_config", "[]", kNoCompiler},
    {"disable_compile", "[true, false]", kNoCompiler},
    {"synced_gpus", "[false]", "one device generates; leave it out"},
    {"assistant_model", "[]", kOneModel},
    {"assistant_tokenizer", "[]", kOneModel},
    {"is_assistant", "[false]", kOneModel},
    {"assistant_early_exit", "[]", kOneModel},
    {"assistant_confidence_threshold", "[]", kOneModel},
    {"assistant_lookbehind", "[]", kOneModel},
    {"target_lookbehind", "[]", kOneModel},
    {"num_assistant_tokens", "[]", kOneModel},
    {"num_assistant_tokens_schedule", "[]", kOneModel},
    {"prompt_lookup_num_tokens", "[]", kOneModel},
    {"max_matching_ngram_size", "[]", kOneModel},
    {"custom_generate", "[]", kOneModel},
    {"streamer", "[]", kEvents},
    {"stopping_criteria", "[[]]", kEvents},
    {"logits_processor", "[[]]", "is no keyword here: filters of one's own are variants of the op sample"},
    {"prefix_allowed_tokens_fn", "[]", "is no keyword here: filters of one's own are variants of the op sample"},
    {"tokenizer", "[]", "is no keyword here: set GenerateOptions::tokenizer"},
    {"generation_config", "[]", kOptions},
    {"use_model_defaults", "[true]", "the model's own defaults are what GenerationConfig::from_pretrained read"},
    {"inputs", "[]", kArgument},
    {"input_ids", "[]", kArgument},
    {"attention_mask", "[]", kArgument},
    {"position_ids", "[]", kArgument},
    {"inputs_embeds", "[]", kArgument},
    {"pixel_values", "[]", kArgument},
    {"image_grid_thw", "[]", kArgument},
    {"pixel_values_videos", "[]", kArgument},
    {"video_grid_thw", "[]", kArgument},
    {"rope_deltas", "[]", kArgument},
    {"mm_token_type_ids", "[]", kArgument},
    {"labels", "[]", "is a matter of forward: see causal_lm_loss"},
    {"logits_to_keep", "[1]", "is a matter of forward: generation computes the last row alone"},
};

void check_refused(const JsonObject& fields, std::set<std::string>& known) {
  for (const Refused& r : kRefused) {
    known.insert(r.name);
    const Json* value = fields.find(r.name);
    if (!value) continue;
    const Json neutral = Json::parse(r.neutral);
    GLIMPSE_CHECK(std::find(neutral.begin(), neutral.end(), *value) != neutral.end(), "%s: %s",
                  fields.name_of(r.name).c_str(), r.why);
  }
}

}  // namespace

std::vector<std::string> strings_of(const JsonObject& fields, const char* key) {
  const Json* value = fields.find(key);
  if (!value) return {};
  const Json list = value->is_array() ? *value : Json::array({*value});
  std::vector<std::string> out;
  for (const Json& item : list) {
    GLIMPSE_CHECK(item.is_string() && list.size() <= 64, "%s: must be a string or a list of at most 64 strings",
                  fields.name_of(key).c_str());
    out.push_back(item.get<std::string>());
  }
  return out;
}

GenerateOptions with_generate_keywords(GenerateOptions o, const Json& keywords) {
  constexpr int64_t kMost = int64_t{1} << 31;
  const JsonObject fields(keywords, "generate: ");
  std::set<std::string> known = kTaken;
  check_refused(fields, known);
  check_names(fields, known, "generate");
  o.config = o.config.with(fields);
  o.min_new_tokens = fields.integer("min_new_tokens", o.min_new_tokens, 0, kMost);
  o.min_length = fields.integer("min_length", o.min_length, 0, kMost);
  o.max_time = fields.number("max_time", o.max_time, 0, 1e9);
  if (fields.has("stop_strings")) o.stop_strings = strings_of(fields, "stop_strings");
  o.num_return_sequences = int(fields.integer("num_return_sequences", o.num_return_sequences, 1, 4096));
  GLIMPSE_CHECK(o.num_return_sequences == 1 || o.config.do_sample,
                "%s: more than 1 needs do_sample, without which all answers are equal",
                fields.name_of("num_return_sequences").c_str());
  o.prefill_chunk = fields.integer("prefill_chunk_size", o.prefill_chunk, 1, int64_t{1} << 20);
  o.keep_logits = fields.boolean("output_logits", o.keep_logits);
  fields.boolean("return_dict_in_generate", true);  // a GenerateOutput is what there is, either way
  o.seed = uint64_t(fields.integer("seed", int64_t(o.seed), 0, INT64_MAX));
  return o;
}

}  // namespace glimpse
