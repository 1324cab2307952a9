#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "model/config.h"
#include "model/json.h"

namespace glimpse {

/// generation_config.json (spec 1.5, 9.1); defaults are the reference library's.
struct GenerationConfig {
  bool do_sample = false;
  double temperature = 1.0;
  std::int64_t top_k = 50;  ///< 0: off
  double top_p = 1.0;
  double min_p = 0.0;
  double repetition_penalty = 1.0;
  std::vector<std::int64_t> eos_token_id;
  std::optional<std::int64_t> pad_token_id;
  std::optional<std::int64_t> max_new_tokens;
  std::optional<std::int64_t> max_length;
  std::int64_t min_new_tokens = 0;         ///< no end token before
  std::int64_t min_length = 0;             ///< the same, counting the prompt's tokens too
  double max_time = 0;                     ///< seconds; 0: no limit
  std::vector<std::string> stop_strings;   ///< a sequence ends once its new text, special tokens too, holds one of them

  /// Nulls and keys that change no answer are ignored. Errors: wrong types, values that the reference refuses (spec
  /// 9.2), settings that this library does not offer (generate_refused.h).
  static GenerationConfig from_json(const Json& json, const std::string& source);
  /// These values with those that `object` has over them; errors: types and values, as above.
  GenerationConfig with(const JsonObject& object) const;
  /// DIR/generation_config.json; where there is none the defaults, with the end and pad tokens of `text`.
  static GenerationConfig from_pretrained(const std::filesystem::path& directory, const Glm4vTextConfig& text);
};

}  // namespace glimpse
