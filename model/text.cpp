#include "model/text.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "glimpse/ops/attention.h"
#include "glimpse/ops/embed.h"
#include "glimpse/ops/linear.h"
#include "glimpse/ops/linear_swiglu.h"
#include "glimpse/ops/norm_add_norm.h"
#include "glimpse/ops/qkv_rope.h"
#include "glimpse/ops/rms_norm.h"
#include "model/rope_frequencies.h"

namespace glimpse {

void TextBatch::add(int32_t in_slot, int64_t first, std::span<const int32_t> new_ids,
                    std::span<const int32_t> new_positions, std::span<const int32_t> vision_rows) {
  const size_t n = new_ids.size(), at = ids.size();
  ids.insert(ids.end(), new_ids.begin(), new_ids.end());
  positions.insert(positions.end(), new_positions.begin(), new_positions.end());
  vision_row.insert(vision_row.end(), vision_rows.begin(), vision_rows.end());
  vision_row.resize(at + n, -1);
  slot.resize(at + n, in_slot);
  index.resize(at + n);
  std::iota(index.begin() + int64_t(at), index.end(), int32_t(first));
  q_offsets.push_back(int32_t(at + n));
  kv_slot.push_back(in_slot);
  kv_len.push_back(int32_t(first + int64_t(n)));
}

TextBuffers::TextBuffers(Arena& arena, const Glm4vTextConfig& c, DType dtype, int64_t rows) {
  const int64_t dh = c.head_dim(), heads = c.num_attention_heads;
  hidden = arena.get("text.hidden", dtype, {rows, c.hidden_size});
  normed = arena.get("text.normed", dtype, {rows, c.hidden_size});
  branch = arena.get("text.branch", dtype, {rows, c.hidden_size});
  q = arena.get("text.q", dtype, {rows, heads, dh});
  attn = arena.get("text.attn", dtype, {rows, heads, dh});
  mlp = arena.get("text.mlp", dtype, {rows, c.intermediate_size});
}

// What every layer of one step shares.
struct Glm4vTextModel::Step {
  TextBuffers b;
  op::Rotation rotation;
  TensorView slot, index, q_offsets, kv_slot, kv_len;
  int max_q = 0, max_kv = 0;
  KvCache& cache;
};

void Glm4vTextModel::layer(Run& run, const Step& s, int i) const {
  const TextLayerWeights& w = weights_.layers[size_t(i)];
  const float eps = float(config_.rms_norm_eps);
  const int64_t rows = s.b.hidden.shape[0];
  const TensorView k = s.cache.k(i), v = s.cache.v(i);
  const bool last = i + 1 == int(weights_.layers.size());
  const TensorView next = last ? weights_.norm : weights_.layers[size_t(i) + 1].input_norm;
  op::QkvRope qkv{s.b.normed, w.q, w.k, w.v, w.q_bias, w.k_bias, w.v_bias, s.rotation, s.b.q, k, v, s.slot, s.index};
  run(qkv, "text.qkv", i);
  op::Attention attention{.q = s.b.q, .k = k, .v = v, .o = s.b.attn, .q_offsets = s.q_offsets, .kv_slot = s.kv_slot,
                          .kv_start = {}, .kv_len = s.kv_len, .max_q = s.max_q, .max_kv = s.max_kv, .causal = true,
                          .scale = 1.f / std::sqrt(float(config_.head_dim()))};
  run(attention, "text.attn", i);
  const TensorView heads = s.b.attn.reshape({rows, s.b.attn.shape[1] * s.b.attn.shape[2]});
  run(op::Linear{.x = heads, .w = w.o, .bias = {}, .residual = {}, .y = s.b.branch}, "text.o", i);
  run(op::NormAddNorm{s.b.branch, w.post_attention_norm, w.pre_mlp_norm, s.b.hidden, s.b.normed, eps},
      "text.attn_norm", i);
  run(op::LinearSwiglu{s.b.normed, w.gate, w.up, s.b.mlp}, "text.mlp", i);
  run(op::Linear{.x = s.b.mlp, .w = w.down, .bias = {}, .residual = {}, .y = s.b.branch}, "text.down", i);
  run(op::NormAddNorm{s.b.branch, w.post_mlp_norm, next, s.b.hidden, s.b.normed, eps}, "text.mlp_norm", i);
}

TensorView Glm4vTextModel::forward(Run& run, Arena& arena, const TextBatch& batch, KvCache& cache,
                                   DType dtype) const {
  const int64_t rows = batch.rows(), sequences = int64_t(batch.kv_len.size());
  Step s{.b = TextBuffers(arena, config_, dtype, rows), .rotation = {}, .slot = {}, .index = {}, .q_offsets = {},
         .kv_slot = {}, .kv_len = {}, .cache = cache};
  s.rotation.style = op::RopeStyle::interleaved_3d;
  for (int a = 0; a < 3; ++a) s.rotation.sections[a] = int(config_.mrope_section[size_t(a)]);
  s.rotation.pos = arena.put("text.positions", batch.positions, {rows, 3});
  const std::vector<float> frequencies = rope_frequencies(config_.rope_theta, int(config_.rotary_dim()));
  s.rotation.inv_freq = arena.put("text.inv_freq", frequencies, {int64_t(frequencies.size())});
  s.slot = arena.put("text.slot", batch.slot, {rows});
  s.index = arena.put("text.index", batch.index, {rows});
  s.q_offsets = arena.put("text.q_offsets", batch.q_offsets, {sequences + 1});
  s.kv_slot = arena.put("text.kv_slot", batch.kv_slot, {sequences});
  s.kv_len = arena.put("text.kv_len", batch.kv_len, {sequences});
  for (size_t b = 0; b < batch.kv_len.size(); ++b) {
    s.max_q = std::max(s.max_q, batch.q_offsets[b + 1] - batch.q_offsets[b]);
    s.max_kv = std::max(s.max_kv, batch.kv_len[b]);
  }
  op::Embed embed{.ids = arena.put("text.ids", batch.ids, {rows}), .table = weights_.embed, .vision = {},
                  .vision_row = {}, .y = s.b.hidden};
  if (batch.vision) {
    embed.vision = batch.vision;
    embed.vision_row = arena.put("text.vision_row", batch.vision_row, {rows});
  }
  run(embed, "text.embed");
  run(op::RmsNorm{s.b.hidden, weights_.layers[0].input_norm, s.b.normed, float(config_.rms_norm_eps)},
      "text.input_norm", 0);
  for (int i = 0; i < int(weights_.layers.size()); ++i) layer(run, s, i);
  return s.b.normed;
}

TensorView Glm4vTextModel::logits(Run& run, Arena& arena, const TensorView& normed) const {
  const TensorView y = arena.get("text.logits", normed.dtype, {normed.shape[0], config_.vocab_size});
  run(op::Linear{.x = normed, .w = weights_.head, .bias = {}, .residual = {}, .y = y}, "text.head");
  return y;
}

}  // namespace glimpse
