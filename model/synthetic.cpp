#include "model/synthetic.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "glimpse/core/error.h"
#include "glimpse/core/safetensors.h"

namespace glimpse {
namespace {

std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

struct Affine {
  float offset, scale;
};

Affine affine_of(const TensorSpec& tensor) {
  const std::string& name = tensor.name;
  const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
  if (name.ends_with("norm.weight") || has("layernorm.weight") || has(".norm1.") || has(".norm2."))
    return {1.0f, 0.125f};
  if (tensor.shape.size() == 1) return {0.0f, 0.125f};
  if (has("embed_tokens") || has("position_embedding")) return {0.0f, 1.0f};
  const auto fan_in = static_cast<double>(tensor.element_count() / tensor.shape[0]);
  return {0.0f, static_cast<float>(std::sqrt(3.0 / fan_in))};
}

// Where the released index puts a tensor: layers 0-12, 13-25, 26-38, and the rest.
int released_shard(const std::string& name) {
  const std::string layers = "model.language_model.layers.";
  if (!name.starts_with(layers)) return 3;
  return std::min(std::stoi(name.substr(layers.size())) / 13, 3);
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  GLIMPSE_CHECK(file.good(), "%s: cannot be written", path.c_str());
}

}  // namespace

void synthetic_values(const TensorSpec& tensor, std::uint64_t seed, std::int64_t first, std::span<bf16> out) {
  const std::uint64_t key = fnv1a(tensor.name) ^ seed;
  const Affine affine = affine_of(tensor);
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint64_t x = key + (static_cast<std::uint64_t>(first) + i + 1) * 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    x ^= x >> 31;
    const float u = static_cast<float>(x >> 40) * 0x1p-23f - 1.0f;
    out[i] = to_bf16(affine.offset + affine.scale * u);
  }
}

void write_synthetic_checkpoint(const Glm4vConfig& config, std::uint64_t seed, const std::filesystem::path& directory) {
  const std::vector<TensorSpec> tensors = checkpoint_tensors(config);
  std::vector<TensorEntry> entries;
  for (const TensorSpec& tensor : tensors) entries.push_back({tensor.name, "BF16", tensor.shape});
  SafetensorsWriter writer(directory / "model.safetensors", entries);
  constexpr std::int64_t kChunk = 1 << 20;
  std::vector<bf16> buffer;
  for (const TensorSpec& tensor : tensors) {
    const std::int64_t count = tensor.element_count();
    for (std::int64_t at = 0; at < count; at += kChunk) {
      buffer.resize(static_cast<std::size_t>(std::min(kChunk, count - at)));
      synthetic_values(tensor, seed, at, buffer);
      writer.write(buffer.data(), buffer.size() * sizeof(bf16));
    }
  }
  writer.finish();
}

void write_sparse_9b(const std::filesystem::path& directory) {
  const OrderedJson json = released_config();
  const Glm4vConfig config = Glm4vConfig::from_json(Json(json), "released configuration");
  std::vector<TensorEntry> shards[4];
  OrderedJson weight_map = OrderedJson::object();
  const auto file_of = [](int shard) { return "model-0000" + std::to_string(shard + 1) + "-of-00004.safetensors"; };
  std::int64_t total = 0;
  for (const TensorSpec& tensor : checkpoint_tensors(config)) {
    const int shard = released_shard(tensor.name);
    shards[shard].push_back({tensor.name, "BF16", tensor.shape});
    weight_map[tensor.name] = file_of(shard);
    total += 2 * tensor.element_count();
  }
  for (int shard = 0; shard < 4; ++shard) SafetensorsWriter(directory / file_of(shard), shards[shard]).finish_sparse();
  OrderedJson index;
  index["metadata"]["total_size"] = total;
  index["weight_map"] = weight_map;
  write_text(directory / "model.safetensors.index.json", index.dump(2));
  write_text(directory / "config.json", json.dump(2));
}

OrderedJson released_config() {
  return OrderedJson::parse(R"({
    "architectures": ["Glm4vForConditionalGeneration"], "model_type": "glm4v", "dtype": "bfloat16",
    "image_token_id": 151343, "video_token_id": 151344, "image_start_token_id": 151339, "image_end_token_id": 151340,
    "video_start_token_id": 151341, "video_end_token_id": 151342, "tie_word_embeddings": false,
    "text_config": {
      "model_type": "glm4v_text", "vocab_size": 151552, "hidden_size": 4096, "intermediate_size": 13696,
      "num_hidden_layers": 40, "num_attention_heads": 32, "num_key_value_heads": 2, "hidden_act": "silu",
      "max_position_embeddings": 65536, "rms_norm_eps": 1e-05, "use_cache": true, "rope_theta": 10000,
      "rope_scaling": {"rope_type": "default", "mrope_section": [8, 12, 12]}, "partial_rotary_factor": 0.5,
      "attention_bias": true, "attention_dropout": 0.0, "pad_token_id": 151329,
      "eos_token_id": [151329, 151336, 151338, 151348]},
    "vision_config": {
      "model_type": "glm4v_vision", "depth": 24, "hidden_size": 1536, "hidden_act": "silu", "attention_bias": false,
      "num_heads": 12, "in_channels": 3, "image_size": 336, "patch_size": 14, "rms_norm_eps": 1e-05,
      "spatial_merge_size": 2, "temporal_patch_size": 2, "out_hidden_size": 4096, "intermediate_size": 13696}})");
}

}  // namespace glimpse
