#include "model/weights.h"

#include <cstring>

#include "model/checkpoint.h"

namespace glimpse {

namespace {

// Brings tensors to the device, or leaves them where they are mapped.
class Loader {
 public:
  Loader(const Checkpoint& checkpoint, Backend& backend, Weights& weights, LoadProgress progress)
      : checkpoint_(checkpoint), backend_(backend), weights_(weights), progress_(progress),
        total_(int64_t(checkpoint.total_bytes())) {}

  TensorView tensor(const std::string& name, const std::vector<int64_t>& shape) {
    return place(checkpoint_.view(name, shape));
  }
  Weight weight(const std::string& name, int64_t n, int64_t k) { return Weight::dense(tensor(name, {n, k})); }
  // A tensor of any rank seen as a matrix of its first dimension.
  Weight flattened(const std::string& name, const std::vector<int64_t>& shape) {
    const TensorView t = tensor(name, shape);
    return Weight::dense(t.reshape({shape[0], t.numel() / shape[0]}));
  }
  // [O, C, h, w] -> [O, (h, w, C)], so that merge rows lying one behind the other are one input row (spec 7.5).
  Weight channels_last(const std::string& name, const std::vector<int64_t>& shape) {
    const TensorView t = checkpoint_.view(name, shape);
    const int64_t out = shape[0], channels = shape[1], area = shape[2] * shape[3], size = size_of(t.dtype);
    std::vector<char> moved(size_t(t.bytes()));
    const char* from = static_cast<const char*>(t.data);
    for (int64_t o = 0; o < out; ++o)
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t r = 0; r < area; ++r)
          std::memcpy(&moved[size_t(((o * area + r) * channels + c) * size)],
                      from + ((o * channels + c) * area + r) * size, size_t(size));
    return Weight::dense(own(TensorView::dense(moved.data(), t.dtype, {out, area * channels})));
  }

 private:
  TensorView place(const TensorView& host) { return backend_.on_host() ? host : own(host); }
  TensorView own(TensorView host) {
    weights_.owned.emplace_back(backend_, size_t(host.bytes()));
    backend_.upload(weights_.owned.back().data(), host.data, size_t(host.bytes()));
    done_ += host.bytes();
    if (progress_) progress_(done_, total_);
    host.data = weights_.owned.back().data();
    return host;
  }
  const Checkpoint& checkpoint_;
  Backend& backend_;
  Weights& weights_;
  LoadProgress progress_;
  int64_t done_ = 0, total_;
};

void load_vision(Loader& load, const Glm4vVisionConfig& c, VisionWeights& w) {
  const std::string at = "model.visual.";
  const int64_t d = c.hidden_size, o = c.out_hidden_size, wide = c.intermediate_size, m = c.spatial_merge_size;
  w.patch = load.flattened(at + "patch_embed.proj.weight",
                           {d, c.in_channels, c.temporal_patch_size, c.patch_size, c.patch_size});
  w.patch_bias = load.tensor(at + "patch_embed.proj.bias", {d});
  w.post_conv_norm = load.tensor(at + "post_conv_layernorm.weight", {d});
  w.position = load.tensor(at + "embeddings.position_embedding.weight", {c.table_side() * c.table_side(), d});
  for (int64_t i = 0; i < c.depth; ++i) {
    const std::string b = at + "blocks." + std::to_string(i) + ".";
    VisionBlockWeights block;
    block.norm1 = load.tensor(b + "norm1.weight", {d});
    block.norm2 = load.tensor(b + "norm2.weight", {d});
    block.qkv = load.weight(b + "attn.qkv.weight", 3 * d, d);
    if (c.attention_bias) block.qkv_bias = load.tensor(b + "attn.qkv.bias", {3 * d});
    block.proj = load.weight(b + "attn.proj.weight", d, d);
    block.gate = load.weight(b + "mlp.gate_proj.weight", o, d);
    block.up = load.weight(b + "mlp.up_proj.weight", o, d);
    block.down = load.weight(b + "mlp.down_proj.weight", d, o);
    w.blocks.push_back(block);
  }
  w.post_norm = load.tensor(at + "post_layernorm.weight", {d});
  w.downsample = load.channels_last(at + "downsample.weight", {o, d, m, m});
  w.downsample_bias = load.tensor(at + "downsample.bias", {o});
  w.merger_proj = load.weight(at + "merger.proj.weight", o, o);
  w.merger_norm = load.tensor(at + "merger.post_projection_norm.weight", {o});
  w.merger_norm_bias = load.tensor(at + "merger.post_projection_norm.bias", {o});
  w.merger_gate = load.weight(at + "merger.gate_proj.weight", wide, o);
  w.merger_up = load.weight(at + "merger.up_proj.weight", wide, o);
  w.merger_down = load.weight(at + "merger.down_proj.weight", o, wide);
}

void load_text(Loader& load, const Glm4vConfig& config, TextWeights& w) {
  const Glm4vTextConfig& c = config.text;
  const std::string at = "model.language_model.";
  const int64_t d = c.hidden_size, f = c.intermediate_size, kv = c.num_key_value_heads * c.head_dim();
  w.embed = load.weight(at + "embed_tokens.weight", c.vocab_size, d);
  for (int64_t i = 0; i < c.num_hidden_layers; ++i) {
    const std::string l = at + "layers." + std::to_string(i) + ".";
    TextLayerWeights t;
    t.input_norm = load.tensor(l + "input_layernorm.weight", {d});
    t.post_attention_norm = load.tensor(l + "post_self_attn_layernorm.weight", {d});
    t.pre_mlp_norm = load.tensor(l + "post_attention_layernorm.weight", {d});
    t.post_mlp_norm = load.tensor(l + "post_mlp_layernorm.weight", {d});
    t.q = load.weight(l + "self_attn.q_proj.weight", d, d);
    t.k = load.weight(l + "self_attn.k_proj.weight", kv, d);
    t.v = load.weight(l + "self_attn.v_proj.weight", kv, d);
    t.o = load.weight(l + "self_attn.o_proj.weight", d, d);
    t.q_bias = load.tensor(l + "self_attn.q_proj.bias", {d});
    t.k_bias = load.tensor(l + "self_attn.k_proj.bias", {kv});
    t.v_bias = load.tensor(l + "self_attn.v_proj.bias", {kv});
    const Weight gate_up = load.weight(l + "mlp.gate_up_proj.weight", 2 * f, d);
    t.gate = gate_up.rows(0, f), t.up = gate_up.rows(f, 2 * f);
    t.down = load.weight(l + "mlp.down_proj.weight", d, f);
    w.layers.push_back(t);
  }
  w.norm = load.tensor(at + "norm.weight", {d});
  w.head = config.tied() ? w.embed : load.weight("lm_head.weight", c.vocab_size, d);
}

}  // namespace

Weights load_weights(const Checkpoint& checkpoint, const Glm4vConfig& config, Backend& backend,
                     LoadProgress progress) {
  Weights weights;
  Loader load(checkpoint, backend, weights, progress);
  load_vision(load, config.vision, weights.vision);
  load_text(load, config, weights.text);
  return weights;
}

}  // namespace glimpse
