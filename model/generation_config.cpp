#include "model/generation_config.h"

#include <limits>

#include "glimpse/core/error.h"
#include "model/generate_refused.h"

namespace glimpse {

GenerationConfig GenerationConfig::from_json(const Json& json, const std::string& source) {
  const JsonObject object(json, source + ": ");
  check_generation_file(object);
  return GenerationConfig{}.with(object);
}

GenerationConfig GenerationConfig::with(const JsonObject& object) const {
  constexpr double kSmallest = std::numeric_limits<float>::min();
  constexpr double kColdest = 1e-30;  // logits over it stay finite; a temperature of zero is do_sample false
  constexpr std::int64_t kMaxId = (1 << 24) - 1, kMaxCount = std::int64_t{1} << 31;
  GenerationConfig config = *this;
  config.do_sample = object.boolean("do_sample", config.do_sample);
  config.temperature = object.number("temperature", config.temperature, config.do_sample ? kColdest : 0.0, 1e6);
  config.top_k = object.integer("top_k", config.top_k, 0, kMaxCount);
  config.top_p = object.number("top_p", config.top_p, 0.0, 1e6);
  config.min_p = object.number("min_p", config.min_p, 0.0, 1.0);
  config.repetition_penalty = object.number("repetition_penalty", config.repetition_penalty, kSmallest, 1e6);
  if (object.has("eos_token_id")) config.eos_token_id = object.integers("eos_token_id", 0, kMaxId, 64);
  const auto read = [&](const char* key, std::optional<std::int64_t>& field, std::int64_t low, std::int64_t high) {
    if (object.has(key)) field = object.optional_integer(key, low, high);
  };
  read("pad_token_id", config.pad_token_id, 0, kMaxId);
  read("max_new_tokens", config.max_new_tokens, 1, kMaxCount);
  read("max_length", config.max_length, 1, kMaxCount);
  config.min_new_tokens = object.integer("min_new_tokens", config.min_new_tokens, 0, kMaxCount);
  config.min_length = object.integer("min_length", config.min_length, 0, kMaxCount);
  config.max_time = object.number("max_time", config.max_time, 0, 1e9);
  if (object.has("stop_strings")) config.stop_strings = object.strings("stop_strings", 64);
  return config;
}

GenerationConfig GenerationConfig::from_pretrained(const std::filesystem::path& directory,
                                                   const Glm4vTextConfig& text) {
  const auto path = directory / "generation_config.json";
  if (!std::filesystem::exists(path)) {
    GenerationConfig config;
    config.eos_token_id = text.eos_token_id, config.pad_token_id = text.pad_token_id;
    return config;
  }
  return from_json(read_json_file(path, {.max_bytes = std::size_t{1} << 20}), path.string());
}

}  // namespace glimpse
