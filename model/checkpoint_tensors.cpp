#include <algorithm>

#include "model/config.h"

namespace glimpse {
namespace {

void add_text_layer(const Glm4vTextConfig& text, const std::string& layer, std::vector<TensorSpec>& out) {
  const std::int64_t h = text.hidden_size, kv = text.num_key_value_heads * text.head_dim(), m = text.intermediate_size;
  out.push_back({layer + "input_layernorm.weight", {h}});
  out.push_back({layer + "self_attn.q_proj.weight", {h, h}});
  out.push_back({layer + "self_attn.q_proj.bias", {h}});
  out.push_back({layer + "self_attn.k_proj.weight", {kv, h}});
  out.push_back({layer + "self_attn.k_proj.bias", {kv}});
  out.push_back({layer + "self_attn.v_proj.weight", {kv, h}});
  out.push_back({layer + "self_attn.v_proj.bias", {kv}});
  out.push_back({layer + "self_attn.o_proj.weight", {h, h}});
  out.push_back({layer + "post_self_attn_layernorm.weight", {h}});
  out.push_back({layer + "post_attention_layernorm.weight", {h}});
  out.push_back({layer + "mlp.gate_up_proj.weight", {2 * m, h}});
  out.push_back({layer + "mlp.down_proj.weight", {h, m}});
  out.push_back({layer + "post_mlp_layernorm.weight", {h}});
}

void add_vision_block(const Glm4vVisionConfig& vision, const std::string& block, std::vector<TensorSpec>& out) {
  const std::int64_t d = vision.hidden_size, m = vision.out_hidden_size;  // not intermediate_size (spec 0)
  out.push_back({block + "norm1.weight", {d}});
  out.push_back({block + "norm2.weight", {d}});
  out.push_back({block + "attn.qkv.weight", {3 * d, d}});
  if (vision.attention_bias) out.push_back({block + "attn.qkv.bias", {3 * d}});
  out.push_back({block + "attn.proj.weight", {d, d}});
  out.push_back({block + "mlp.gate_proj.weight", {m, d}});
  out.push_back({block + "mlp.up_proj.weight", {m, d}});
  out.push_back({block + "mlp.down_proj.weight", {d, m}});
}

void add_vision_ends(const Glm4vVisionConfig& vision, const std::string& tower, std::vector<TensorSpec>& out) {
  const std::int64_t d = vision.hidden_size, w = vision.out_hidden_size, m = vision.intermediate_size;
  const std::int64_t p = vision.patch_size, s = vision.spatial_merge_size, side = vision.table_side();
  out.push_back({tower + "patch_embed.proj.weight", {d, vision.in_channels, vision.temporal_patch_size, p, p}});
  out.push_back({tower + "patch_embed.proj.bias", {d}});
  out.push_back({tower + "post_conv_layernorm.weight", {d}});
  out.push_back({tower + "embeddings.position_embedding.weight", {side * side, d}});
  out.push_back({tower + "post_layernorm.weight", {d}});
  out.push_back({tower + "downsample.weight", {w, d, s, s}});
  out.push_back({tower + "downsample.bias", {w}});
  out.push_back({tower + "merger.proj.weight", {w, w}});
  out.push_back({tower + "merger.post_projection_norm.weight", {w}});
  out.push_back({tower + "merger.post_projection_norm.bias", {w}});
  out.push_back({tower + "merger.gate_proj.weight", {m, w}});
  out.push_back({tower + "merger.up_proj.weight", {m, w}});
  out.push_back({tower + "merger.down_proj.weight", {w, m}});
}

}  // namespace

std::int64_t TensorSpec::element_count() const {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

std::vector<TensorSpec> checkpoint_tensors(const Glm4vConfig& config) {
  const Glm4vTextConfig& text = config.text;
  const std::string model = "model.language_model.", tower = "model.visual.";
  std::vector<TensorSpec> out;
  out.push_back({model + "embed_tokens.weight", {text.vocab_size, text.hidden_size}});
  out.push_back({model + "norm.weight", {text.hidden_size}});
  if (!config.tied()) out.push_back({"lm_head.weight", {text.vocab_size, text.hidden_size}});
  for (std::int64_t i = 0; i < text.num_hidden_layers; ++i) {
    add_text_layer(text, model + "layers." + std::to_string(i) + ".", out);
  }
  for (std::int64_t i = 0; i < config.vision.depth; ++i) {
    add_vision_block(config.vision, tower + "blocks." + std::to_string(i) + ".", out);
  }
  add_vision_ends(config.vision, tower, out);
  std::sort(out.begin(), out.end(), [](const TensorSpec& a, const TensorSpec& b) { return a.name < b.name; });
  return out;
}

}  // namespace glimpse
