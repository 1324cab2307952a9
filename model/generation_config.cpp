#include "model/generation_config.h"

#include <limits>

#include "glimpse/core/error.h"

namespace glimpse {

GenerationConfig GenerationConfig::from_json(const Json& json, const std::string& source) {
  return GenerationConfig{}.with(JsonObject(json, source + ": "));
}

GenerationConfig GenerationConfig::with(const JsonObject& object) const {
  constexpr double kSmallest = std::numeric_limits<float>::min();  // a temperature of zero is do_sample false
  constexpr std::int64_t kMaxId = (1 << 24) - 1, kMaxCount = std::int64_t{1} << 31;
  GenerationConfig config = *this;
  config.do_sample = object.boolean("do_sample", config.do_sample);
  config.temperature = object.number("temperature", config.temperature, config.do_sample ? kSmallest : 0.0, 1e6);
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
  return config;
}

GenerationConfig GenerationConfig::from_pretrained(const std::filesystem::path& directory) {
  const auto path = directory / "generation_config.json";
  if (!std::filesystem::exists(path)) return {};
  return from_json(read_json_file(path, {.max_bytes = std::size_t{1} << 20}), path.string());
}

}  // namespace glimpse
