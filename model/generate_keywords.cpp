#include "model/generate_keywords.h"

#include <set>

#include "glimpse/core/error.h"
#include "model/generate_refused.h"
#include "model/image_processor_fields.h"

namespace glimpse {

namespace {

// Taken by GenerationConfig::with or below.
const std::set<std::string> kTaken = {
    "do_sample", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "eos_token_id", "pad_token_id",
    "max_new_tokens", "max_length", "min_new_tokens", "min_length", "max_time", "stop_strings", "num_return_sequences",
    "prefill_chunk_size", "output_logits", "return_dict_in_generate", "seed"};

}  // namespace

GenerateOptions with_generate_keywords(GenerateOptions o, const Json& keywords) {
  const JsonObject fields(keywords, "generate: ");
  std::set<std::string> known = kTaken;
  check_refused_keywords(fields, known);
  check_names(fields, known, "generate");
  o.config = o.config.with(fields);
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
