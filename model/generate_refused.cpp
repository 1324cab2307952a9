// The keywords of generation that are not offered, each with what to do instead.
#include "model/generate_refused.h"

#include <algorithm>

#include "glimpse/core/error.h"

namespace glimpse {

namespace {

// A keyword that is not offered. `neutral`: its values, a JSON list, that ask for nothing and are let through.
struct Refused {
  const char *name, *neutral, *why;
  bool in_file = false;  // also refused in generation_config.json, where it would change the answer
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
    {"num_beams", "[1]", kBeams, true},
    {"num_beam_groups", "[1]", kBeams, true},
    {"early_stopping", "[false]", kBeams},
    {"length_penalty", "[1]", kBeams},
    {"diversity_penalty", "[0]", kBeams},
    {"constraints", "[]", kBeams, true},
    {"force_words_ids", "[]", kBeams, true},
    {"penalty_alpha", "[0]", "contrastive search is not offered; leave it out", true},
    {"dola_layers", "[]", "decoding from several layers is not offered; leave it out", true},
    {"low_memory", "[false]", "contrastive search is not offered; leave it out"},
    {"guidance_scale", "[1]", "guidance by a second prompt is not offered; leave it out", true},
    {"negative_prompt_ids", "[]", "guidance by a second prompt is not offered; leave it out"},
    {"negative_prompt_attention_mask", "[]", "guidance by a second prompt is not offered; leave it out"},
    {"top_h", "[]", kFilter, true},
    {"typical_p", "[1]", kFilter, true},
    {"epsilon_cutoff", "[0]", kFilter, true},
    {"eta_cutoff", "[0]", kFilter, true},
    {"renormalize_logits", "[false, true]", kFilter},
    {"remove_invalid_values", "[false]", "infinite logits are not mended; leave it out"},
    {"no_repeat_ngram_size", "[0]", kRules, true},
    {"bad_words_ids", "[]", kRules, true},
    {"sequence_bias", "[]", kRules, true},
    {"suppress_tokens", "[[]]", kRules, true},
    {"begin_suppress_tokens", "[[]]", kRules, true},
    {"forced_bos_token_id", "[]", kRules, true},
    {"forced_eos_token_id", "[]", kRules, true},
    {"exponential_decay_length_penalty", "[]", kRules, true},
    {"token_healing", "[false]", kRules},
    {"watermarking_config", "[]", "watermarks are not offered; leave it out", true},
    {"encoder_repetition_penalty", "[1]", kEncoder, true},
    {"encoder_no_repeat_ngram_size", "[0]", kEncoder, true},
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

void check(const JsonObject& fields, const Refused& refused) {
  const Json* value = fields.find(refused.name);
  if (!value) return;
  const Json neutral = Json::parse(refused.neutral);
  GLIMPSE_CHECK(std::find(neutral.begin(), neutral.end(), *value) != neutral.end(), "%s: %s",
                fields.name_of(refused.name).c_str(), refused.why);
}

}  // namespace

void check_refused_keywords(const JsonObject& fields, std::set<std::string>& known) {
  for (const Refused& r : kRefused) known.insert(r.name), check(fields, r);
}

void check_generation_file(const JsonObject& fields) {
  for (const Refused& r : kRefused)
    if (r.in_file) check(fields, r);
}

}  // namespace glimpse
