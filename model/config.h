#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/json.h"

namespace glimpse {

/// The text model (spec 1.3). A default-made object has the reference class's defaults; like there, `mrope_section` and
/// `partial_rotary_factor` then still have to be set before validate() accepts it.
struct Glm4vTextConfig {
  std::int64_t vocab_size = 151552;  ///< rows of embed_tokens and lm_head
  std::int64_t hidden_size = 4096;
  std::int64_t intermediate_size = 13696;  ///< width of gate and of up, each
  std::int64_t num_hidden_layers = 40;
  std::int64_t num_attention_heads = 32;
  std::int64_t num_key_value_heads = 2;
  std::string hidden_act = "silu";
  std::int64_t max_position_embeddings = 32768;
  double initializer_range = 0.02;
  double rms_norm_eps = 1e-5;
  bool use_cache = true;
  bool tie_word_embeddings = false;
  double rope_theta = 10000.0;
  std::string rope_type = "default";
  std::vector<std::int64_t> mrope_section;  ///< rotary pairs of the time, height and width axis
  double partial_rotary_factor = 1.0;
  double attention_dropout = 0.0;
  bool attention_bias = true;  ///< informational: q, k and v always have a bias, o never
  std::optional<std::int64_t> image_token_id, video_token_id;  ///< unused by the model
  std::optional<std::int64_t> pad_token_id;
  std::vector<std::int64_t> eos_token_id;
  std::string dtype = "bfloat16";

  std::int64_t head_dim() const { return hidden_size / num_attention_heads; }
  /// The leading part of a head that rotates, in dimensions: 64 of 128.
  std::int64_t rotary_dim() const;
  /// Bytes that one token adds to the KV cache: layers * 2 * kv heads * head_dim * element_bytes; 40,960 for the 9B in
  /// bf16.
  std::int64_t kv_bytes_per_token(std::int64_t element_bytes = 2) const;
  /// Errors: a number that the model cannot be built with. `source` opens the sentence.
  void validate(const std::string& source) const;
};

/// The vision tower (spec 1.4).
struct Glm4vVisionConfig {
  std::int64_t depth = 24;
  std::int64_t hidden_size = 1536;
  std::string hidden_act = "silu";
  bool attention_bias = false;
  double attention_dropout = 0.0;
  std::int64_t num_heads = 12;
  std::int64_t in_channels = 3;
  std::int64_t image_size = 336;  ///< sizes only the position table: (image_size / patch_size)^2 rows
  std::int64_t patch_size = 14;
  double rms_norm_eps = 1e-5;
  std::int64_t spatial_merge_size = 2;
  std::int64_t temporal_patch_size = 2;
  std::int64_t out_hidden_size = 4096;     ///< width of the merger and of the blocks' MLP
  std::int64_t intermediate_size = 13696;  ///< width of the merger's SwiGLU only
  double initializer_range = 0.02;

  std::int64_t head_dim() const { return hidden_size / num_heads; }
  std::int64_t table_side() const { return image_size / patch_size; }
  /// Numbers in a flattened patch: 3 * 2 * 14 * 14 = 1176.
  std::int64_t patch_elements() const { return in_channels * temporal_patch_size * patch_size * patch_size; }
  void validate(const std::string& source) const;
};

/// The whole model (spec 1.2).
struct Glm4vConfig {
  Glm4vTextConfig text;      ///< "text_config" of the file
  Glm4vVisionConfig vision;  ///< "vision_config" of the file
  std::int64_t image_token_id = 151343;  ///< `<|image|>`, also of every video frame
  std::int64_t video_token_id = 151344;  ///< placeholder in the text only, never fed to the model
  std::int64_t image_start_token_id = 151339;
  std::int64_t image_end_token_id = 151340;
  std::int64_t video_start_token_id = 151341;
  std::int64_t video_end_token_id = 151342;
  bool tie_word_embeddings = false;

  /// Reads the nested, flat and 5.x forms of config.json (spec 1.1). Unknown keys and nulls are ignored.
  /// Errors: wrong types, numbers out of bounds, another model's file.
  static Glm4vConfig from_json(const Json& json, const std::string& source);
  /// Reads DIR/config.json.
  static Glm4vConfig from_pretrained(const std::filesystem::path& directory);

  /// True when lm_head shares the embedding: either key counts, as in 5.x (4.57 looks at the text key alone).
  bool tied() const { return tie_word_embeddings || text.tie_word_embeddings; }
  /// 10,292,777,472 for GLM-4.1V-9B.
  std::int64_t parameter_count() const;
  void validate(const std::string& source) const;
};

/// A tensor that a checkpoint of this configuration holds, by its canonical name (spec 2.2).
struct TensorSpec {
  std::string name;
  std::vector<std::int64_t> shape;

  std::int64_t element_count() const;
};

/// Every tensor of a checkpoint, sorted by name; without lm_head.weight when tied. 704 for the 9B.
std::vector<TensorSpec> checkpoint_tensors(const Glm4vConfig& config);

}  // namespace glimpse
