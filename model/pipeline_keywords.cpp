// Keywords of a pipeline call, and its records as JSON (spec 13.9).
#include <set>

#include "glimpse/core/error.h"
#include "model/generate_keywords.h"
#include "model/image_processor_fields.h"
#include "model/pipeline.h"
#include "model/processor_keywords.h"

namespace glimpse {

namespace {

const std::set<std::string> kOwn = {"max_new_tokens", "generate_kwargs", "return_full_text", "return_tensors",
                                    "timeout", "stop_sequence", "continue_final_message", "skip_special_tokens",
                                    "clean_up_tokenization_spaces", "processor_kwargs"};
const std::set<std::string> kArguments = {"images", "text", "batch_size"};

void take_generate(const JsonObject& fields, PipelineOptions& o) {
  Json keywords = Json::object();
  if (const auto given = fields.object("generate_kwargs")) keywords = given->value();
  if (const Json* count = fields.find("max_new_tokens")) {
    GLIMPSE_CHECK(!keywords.contains("max_new_tokens"),
                  "%s: is also in generate_kwargs; give it once", fields.name_of("max_new_tokens").c_str());
    keywords["max_new_tokens"] = *count;
  }
  o.generate = with_generate_keywords(o.generate, keywords);
}

}  // namespace

PipelineOptions with_pipeline_keywords(PipelineOptions o, const Json& keywords) {
  const JsonObject fields(keywords, "pipeline: ");
  for (const std::string& name : kArguments)
    GLIMPSE_CHECK(!keywords.contains(name), "%s: is no keyword here: inputs are the first argument, all run together",
                  fields.name_of(name).c_str());
  take_generate(fields, o);
  const bool tensors = fields.boolean("return_tensors", o.return_tensors);
  GLIMPSE_CHECK(!tensors || !fields.has("return_full_text"),
                "%s: excludes return_full_text; token ids are always whole", fields.name_of("return_tensors").c_str());
  o.return_tensors = tensors;
  o.return_full_text = fields.boolean("return_full_text", o.return_full_text);
  o.timeout = fields.number("timeout", o.timeout, 1e-3, 1e9);
  if (fields.has("stop_sequence")) o.stop_sequence = fields.strings("stop_sequence", 64);
  if (fields.has("continue_final_message")) o.continue_final_message = fields.boolean("continue_final_message", false);
  o.skip_special_tokens = fields.boolean("skip_special_tokens", o.skip_special_tokens);
  GLIMPSE_CHECK(!fields.boolean("clean_up_tokenization_spaces", false), "%s: is not offered; spaces stay as the model "
                "wrote them", fields.name_of("clean_up_tokenization_spaces").c_str());
  Json rest = Json::object();
  for (const auto& [key, value] : keywords.items())
    if (!kOwn.count(key)) rest[key] = value;
  if (const auto nested = fields.object("processor_kwargs")) rest.update(nested->value());
  o.processor = with_processor_keywords(o.processor, rest);
  return o;
}

OrderedJson PipelineResult::json() const {
  OrderedJson record = OrderedJson::object();
  if (input_chat.empty()) record["input_text"] = input_text;
  else record["input_text"] = messages_json(input_chat);
  if (!generated_token_ids.empty()) record["generated_token_ids"] = generated_token_ids;
  else if (!messages.empty()) record["generated_text"] = messages_json(messages);
  else record["generated_text"] = generated_text;
  return record;
}

}  // namespace glimpse
