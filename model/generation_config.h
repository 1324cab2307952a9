#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

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

  /// Unknown keys and nulls are ignored. Errors: wrong types, values that the reference refuses (spec 9.2).
  static GenerationConfig from_json(const Json& json, const std::string& source);
  /// These values with those that `object` has over them; errors as above.
  GenerationConfig with(const JsonObject& object) const;
  /// DIR/generation_config.json; the defaults when there is none.
  static GenerationConfig from_pretrained(const std::filesystem::path& directory);
};

}  // namespace glimpse
