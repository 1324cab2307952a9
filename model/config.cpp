#include "model/config.h"

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

// Bounds far above every published model, and low enough that no product of three of them overflows 64 bits.
constexpr std::int64_t kMaxWidth = 1 << 20;
constexpr std::int64_t kMaxLayers = 4096;
constexpr std::int64_t kMaxVocabulary = 1 << 24;
constexpr std::int64_t kMaxPositions = 1 << 27;
constexpr std::int64_t kMaxTokenId = kMaxVocabulary - 1;
constexpr std::size_t kMaxStopIds = 64;
constexpr double kVisionRopeTheta = 10000.0;  // written by 5.x, read by no version

void check_dtype(const JsonObject& json) {
  for (const char* key : {"dtype", "torch_dtype"}) {
    const std::string dtype = json.string(key, "bfloat16");
    GLIMPSE_CHECK(dtype != "float16", "%s: float16 overflows in this family; use a bfloat16 or float32 checkpoint",
                  json.name_of(key).c_str());
    GLIMPSE_CHECK(dtype == "bfloat16" || dtype == "float32", "%s: must be bfloat16 or float32, is %s",
                  json.name_of(key).c_str(), dtype.substr(0, 40).c_str());
  }
}

void check_rope_type(const std::string& type, const std::string& name, const char* only) {
  GLIMPSE_CHECK(type == only, "%s: rotary embedding of type \"%s\" is not supported, only \"%s\"", name.c_str(),
                type.substr(0, 40).c_str(), only);
}

// Three spellings: rope_theta + rope_scaling + partial_rotary_factor (4.57), the same with `type` for `rope_type` (the
// first upload), and one dict rope_parameters (5.x), whose missing mrope_section means [8, 12, 12].
void read_rope(const JsonObject& json, Glm4vTextConfig& text) {
  text.rope_theta = json.number("rope_theta", text.rope_theta, 1.0, 1e12);
  text.partial_rotary_factor = json.number("partial_rotary_factor", text.partial_rotary_factor, 0.0, 1.0);
  if (const auto scaling = json.object("rope_scaling")) {
    text.rope_type = scaling->string("rope_type", scaling->string("type", text.rope_type));
    check_rope_type(text.rope_type, scaling->name_of("rope_type"), "default");
    text.mrope_section = scaling->integers("mrope_section", 0, kMaxWidth, 3);
  }
  if (const auto rope = json.object("rope_parameters")) {
    text.rope_type = rope->string("rope_type", rope->string("type", text.rope_type));
    check_rope_type(text.rope_type, rope->name_of("rope_type"), "default");
    text.rope_theta = rope->number("rope_theta", text.rope_theta, 1.0, 1e12);
    text.partial_rotary_factor = rope->number("partial_rotary_factor", text.partial_rotary_factor, 0.0, 1.0);
    if (rope->has("mrope_section")) text.mrope_section = rope->integers("mrope_section", 0, kMaxWidth, 3);
    if (text.mrope_section.empty()) text.mrope_section = {8, 12, 12};
  }
}

// `json` is text_config of a nested file, the whole file of a flat one.
Glm4vTextConfig read_text(const JsonObject& json) {
  Glm4vTextConfig text;
  text.vocab_size = json.integer("vocab_size", text.vocab_size, 1, kMaxVocabulary);
  text.hidden_size = json.integer("hidden_size", text.hidden_size, 1, kMaxWidth);
  text.intermediate_size = json.integer("intermediate_size", text.intermediate_size, 1, kMaxWidth);
  text.num_hidden_layers = json.integer("num_hidden_layers", text.num_hidden_layers, 1, kMaxLayers);
  text.num_attention_heads = json.integer("num_attention_heads", text.num_attention_heads, 1, kMaxWidth);
  const bool heads_named = json.value().contains("num_key_value_heads");
  text.num_key_value_heads = json.integer(
      "num_key_value_heads", heads_named ? text.num_attention_heads : text.num_key_value_heads, 1, kMaxWidth);
  text.hidden_act = json.string("hidden_act", text.hidden_act);
  text.max_position_embeddings =
      json.integer("max_position_embeddings", text.max_position_embeddings, 1, kMaxPositions);
  text.initializer_range = json.number("initializer_range", text.initializer_range, 0.0, 1e6);
  text.rms_norm_eps = json.number("rms_norm_eps", text.rms_norm_eps, 0.0, 1.0);
  text.use_cache = json.boolean("use_cache", text.use_cache);
  text.tie_word_embeddings = json.boolean("tie_word_embeddings", text.tie_word_embeddings);
  text.attention_dropout = json.number("attention_dropout", text.attention_dropout, 0.0, 1.0);
  text.attention_bias = json.boolean("attention_bias", text.attention_bias);
  text.image_token_id = json.optional_integer("image_token_id", 0, kMaxTokenId);
  text.video_token_id = json.optional_integer("video_token_id", 0, kMaxTokenId);
  text.pad_token_id = json.optional_integer("pad_token_id", 0, kMaxTokenId);
  text.eos_token_id = json.integers("eos_token_id", 0, kMaxTokenId, kMaxStopIds);
  check_dtype(json);
  text.dtype = json.string("dtype", json.string("torch_dtype", text.dtype));
  read_rope(json, text);
  // The reference derives the head size and ignores this key in the attention; a differing value would split the two.
  const std::int64_t head_dim = text.hidden_size / text.num_attention_heads;
  GLIMPSE_CHECK(json.integer("head_dim", head_dim, 1, kMaxWidth) == head_dim,
                "%s: must equal hidden_size / num_attention_heads = %lld; remove the key",
                json.name_of("head_dim").c_str(), static_cast<long long>(head_dim));
  return text;
}

Glm4vVisionConfig read_vision(const JsonObject& json) {
  Glm4vVisionConfig vision;
  const std::string type = json.string("model_type", "glm4v");
  GLIMPSE_CHECK(type == "glm4v" || type == "glm4v_vision", "%s: must be glm4v or glm4v_vision, is %s",
                json.name_of("model_type").c_str(), type.substr(0, 40).c_str());
  vision.depth = json.integer("depth", vision.depth, 1, kMaxLayers);
  vision.hidden_size = json.integer("hidden_size", vision.hidden_size, 1, kMaxWidth);
  vision.hidden_act = json.string("hidden_act", vision.hidden_act);
  vision.attention_bias = json.boolean("attention_bias", vision.attention_bias);
  vision.attention_dropout = json.number("attention_dropout", vision.attention_dropout, 0.0, 1.0);
  vision.num_heads = json.integer("num_heads", vision.num_heads, 1, kMaxWidth);
  vision.in_channels = json.integer("in_channels", vision.in_channels, 1, 16);
  vision.image_size = json.integer("image_size", vision.image_size, 1, 1 << 16);
  vision.patch_size = json.integer("patch_size", vision.patch_size, 1, 256);
  vision.rms_norm_eps = json.number("rms_norm_eps", vision.rms_norm_eps, 0.0, 1.0);
  vision.spatial_merge_size = json.integer("spatial_merge_size", vision.spatial_merge_size, 1, 16);
  vision.temporal_patch_size = json.integer("temporal_patch_size", vision.temporal_patch_size, 1, 16);
  vision.out_hidden_size = json.integer("out_hidden_size", vision.out_hidden_size, 1, kMaxWidth);
  vision.intermediate_size = json.integer("intermediate_size", vision.intermediate_size, 1, kMaxWidth);
  vision.initializer_range = json.number("initializer_range", vision.initializer_range, 0.0, 1e6);
  check_dtype(json);
  if (const auto rope = json.object("rope_parameters")) {
    check_rope_type(rope->string("rope_type", "axial"), rope->name_of("rope_type"), "axial");
    rope->number("rope_theta", kVisionRopeTheta, kVisionRopeTheta, kVisionRopeTheta);
  }
  return vision;
}

void check_token(std::int64_t id, const char* field, std::int64_t vocab_size, const std::string& source) {
  GLIMPSE_CHECK(id >= 0 && id < vocab_size, "%s: %s is %lld, outside the vocabulary of %lld tokens",
                source.c_str(), field, static_cast<long long>(id), static_cast<long long>(vocab_size));
}

}  // namespace

std::int64_t Glm4vTextConfig::rotary_dim() const {
  return static_cast<std::int64_t>(static_cast<double>(head_dim()) * partial_rotary_factor);
}

std::int64_t Glm4vTextConfig::kv_bytes_per_token(std::int64_t element_bytes) const {
  return num_hidden_layers * 2 * num_key_value_heads * head_dim() * element_bytes;
}

void Glm4vTextConfig::validate(const std::string& source) const {
  const char* from = source.c_str();
  GLIMPSE_CHECK(hidden_act == "silu", "%s: text hidden_act \"%s\" is not supported, only \"silu\"", from,
                hidden_act.substr(0, 40).c_str());
  GLIMPSE_CHECK(num_attention_heads >= 1 && hidden_size % num_attention_heads == 0,
                "%s: hidden_size %lld is not a multiple of num_attention_heads %lld", from,
                static_cast<long long>(hidden_size), static_cast<long long>(num_attention_heads));
  GLIMPSE_CHECK(num_key_value_heads >= 1 && num_attention_heads % num_key_value_heads == 0,
                "%s: num_attention_heads %lld is not a multiple of num_key_value_heads %lld", from,
                static_cast<long long>(num_attention_heads), static_cast<long long>(num_key_value_heads));
  GLIMPSE_CHECK(mrope_section.size() == 3, "%s: rope_scaling.mrope_section must list three numbers, lists %zu", from,
                mrope_section.size());
  const std::int64_t pairs = mrope_section[0] + mrope_section[1] + mrope_section[2];
  GLIMPSE_CHECK(rotary_dim() >= 2 && rotary_dim() % 2 == 0 && pairs == rotary_dim() / 2,
                "%s: mrope_section sums to %lld pairs, but half of head_dim %lld * partial_rotary_factor %g is %lld "
                "(is partial_rotary_factor missing?)",
                from, static_cast<long long>(pairs), static_cast<long long>(head_dim()), partial_rotary_factor,
                static_cast<long long>(rotary_dim() / 2));
  for (const std::int64_t id : eos_token_id) check_token(id, "eos_token_id", vocab_size, source);
  if (pad_token_id) check_token(*pad_token_id, "pad_token_id", vocab_size, source);
}

void Glm4vVisionConfig::validate(const std::string& source) const {
  const char* from = source.c_str();
  GLIMPSE_CHECK(hidden_act == "silu", "%s: vision_config.hidden_act \"%s\" is not supported, only silu", from,
                hidden_act.substr(0, 40).c_str());
  GLIMPSE_CHECK(num_heads >= 1 && hidden_size % num_heads == 0 && head_dim() % 4 == 0,
                "%s: vision_config.hidden_size %lld must be num_heads %lld times a multiple of 4", from,
                static_cast<long long>(hidden_size), static_cast<long long>(num_heads));
  GLIMPSE_CHECK(table_side() >= 1, "%s: vision_config.image_size %lld is smaller than patch_size %lld", from,
                static_cast<long long>(image_size), static_cast<long long>(patch_size));
}

void Glm4vConfig::validate(const std::string& source) const {
  text.validate(source);
  vision.validate(source);
  GLIMPSE_CHECK(vision.out_hidden_size == text.hidden_size,
                "%s: vision_config.out_hidden_size %lld differs from the text hidden_size %lld",
                source.c_str(), static_cast<long long>(vision.out_hidden_size),
                static_cast<long long>(text.hidden_size));
  const std::int64_t vocab = text.vocab_size;
  check_token(image_token_id, "image_token_id", vocab, source);
  check_token(video_token_id, "video_token_id", vocab, source);
  check_token(image_start_token_id, "image_start_token_id", vocab, source);
  check_token(image_end_token_id, "image_end_token_id", vocab, source);
  check_token(video_start_token_id, "video_start_token_id", vocab, source);
  check_token(video_end_token_id, "video_end_token_id", vocab, source);
}

Glm4vConfig Glm4vConfig::from_json(const Json& json, const std::string& source) {
  const JsonObject top(json, source + ": ");
  const std::string type = top.string("model_type", "glm4v");
  GLIMPSE_CHECK(type == "glm4v", "%s: model_type is \"%s\", this program runs \"glm4v\" (GLM-4.1V) only",
                source.c_str(), type.substr(0, 40).c_str());
  Glm4vConfig config;
  const auto nested = top.object("text_config");
  config.text = read_text(nested ? *nested : top);
  if (const auto vision = top.object("vision_config")) config.vision = read_vision(*vision);
  const auto token = [&](const char* key, std::int64_t& id) { id = top.integer(key, id, 0, kMaxTokenId); };
  token("image_token_id", config.image_token_id);
  token("video_token_id", config.video_token_id);
  token("image_start_token_id", config.image_start_token_id);
  token("image_end_token_id", config.image_end_token_id);
  token("video_start_token_id", config.video_start_token_id);
  token("video_end_token_id", config.video_end_token_id);
  config.tie_word_embeddings = top.boolean("tie_word_embeddings", false);
  check_dtype(top);
  if (nested && !nested->has("dtype") && !nested->has("torch_dtype")) {
    config.text.dtype = top.string("dtype", top.string("torch_dtype", "bfloat16"));
  }
  config.validate(source);
  return config;
}

Glm4vConfig Glm4vConfig::from_pretrained(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  return from_json(read_json_file(path, {.max_bytes = std::size_t{1} << 20}), path.string());
}

std::int64_t Glm4vConfig::parameter_count() const {
  std::int64_t count = 0;
  for (const TensorSpec& tensor : checkpoint_tensors(*this)) count += tensor.element_count();
  return count;
}

}  // namespace glimpse
