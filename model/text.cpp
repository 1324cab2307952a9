#include "model/text.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
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
  const TextInputs& in;
  op::Rotation rotation;
  KvCache& cache;
};

void Glm4vTextModel::layer(Run& run, const Step& s, int i) const {
  const TextLayerWeights& w = weights_.layers[size_t(i)];
  const float eps = float(config_.rms_norm_eps);
  const int64_t rows = s.b.hidden.shape[0];
  const TensorView k = s.cache.k(i), v = s.cache.v(i);
  const bool last = i + 1 == int(weights_.layers.size());
  const TensorView next = last ? weights_.norm : weights_.layers[size_t(i) + 1].input_norm;
  op::QkvRope qkv{s.b.normed, w.q, w.k, w.v, w.q_bias, w.k_bias, w.v_bias, s.rotation, s.b.q, k, v, s.in.slot,
                  s.in.index};
  run(qkv, "text.qkv", i);
  op::Attention attention{.q = s.b.q, .k = k, .v = v, .o = s.b.attn, .q_offsets = s.in.q_offsets,
                          .kv_slot = s.in.kv_slot, .kv_start = {}, .kv_len = s.in.kv_len, .max_q = s.in.max_q,
                          .max_kv = s.in.max_kv, .causal = true, .scale = 1.f / std::sqrt(float(config_.head_dim()))};
  run(attention, "text.attn", i);
  const TensorView heads = s.b.attn.reshape({rows, s.b.attn.shape[1] * s.b.attn.shape[2]});
  run(op::Linear{.x = heads, .w = w.o, .bias = {}, .residual = {}, .y = s.b.branch}, "text.o", i);
  run(op::NormAddNorm{s.b.branch, w.post_attention_norm, w.pre_mlp_norm, s.b.hidden, s.b.normed, eps},
      "text.attn_norm", i);
  run(op::LinearSwiglu{s.b.normed, w.gate, w.up, s.b.mlp}, "text.mlp", i);
  run(op::Linear{.x = s.b.mlp, .w = w.down, .bias = {}, .residual = {}, .y = s.b.branch}, "text.down", i);
  run(op::NormAddNorm{s.b.branch, w.post_mlp_norm, next, s.b.hidden, s.b.normed, eps}, "text.mlp_norm", i);
}

TextInputs Glm4vTextModel::upload(Arena& arena, const TextBatch& batch, int max_kv) const {
  const int64_t rows = batch.rows(), sequences = int64_t(batch.kv_len.size());
  std::vector<float> frequencies = rope_frequencies(config_.rope_theta, int(config_.rotary_dim()));
  std::vector<int32_t> bits(frequencies.size());
  std::memcpy(bits.data(), frequencies.data(), 4 * bits.size());
  // All of them as one block of integers, each part aligned as an allocation of its own would be.
  const std::vector<int32_t>* parts[] = {&batch.ids,  &batch.vision_row, &batch.positions, &batch.slot, &batch.index,
                                         &batch.q_offsets, &batch.kv_slot, &batch.kv_len, &bits};
  constexpr size_t kParts = std::size(parts), kAlign = 64;
  std::vector<int32_t> all;
  size_t at[kParts];
  for (size_t i = 0; i < kParts; ++i) {
    at[i] = all.size();
    all.insert(all.end(), parts[i]->begin(), parts[i]->end());
    all.resize((all.size() + kAlign - 1) / kAlign * kAlign);
  }
  auto* data = static_cast<int32_t*>(arena.put("text.integers", all, {int64_t(all.size())}).data);
  const auto part = [&](size_t i, std::initializer_list<int64_t> shape, DType dtype = DType::i32) {
    return TensorView::dense(data ? data + at[i] : nullptr, dtype, shape);
  };
  TextInputs in{.ids = part(0, {rows}), .vision = batch.vision, .vision_row = part(1, {rows}),
                .positions = part(2, {rows, 3}), .inv_freq = part(8, {int64_t(bits.size())}, DType::f32),
                .slot = part(3, {rows}), .index = part(4, {rows}), .q_offsets = part(5, {sequences + 1}),
                .kv_slot = part(6, {sequences}), .kv_len = part(7, {sequences}), .max_q = 0, .max_kv = max_kv};
  for (size_t b = 0; b < batch.kv_len.size(); ++b) {
    in.max_q = std::max(in.max_q, batch.q_offsets[b + 1] - batch.q_offsets[b]);
    in.max_kv = std::max(in.max_kv, batch.kv_len[b]);
  }
  return in;
}

TensorView Glm4vTextModel::forward(Run& run, Arena& arena, const TextInputs& in, KvCache& cache, DType dtype) const {
  Step s{.b = TextBuffers(arena, config_, dtype, in.ids.shape[0]), .in = in, .rotation = {}, .cache = cache};
  s.rotation.style = op::RopeStyle::interleaved_3d;
  for (int a = 0; a < 3; ++a) s.rotation.sections[a] = int(config_.mrope_section[size_t(a)]);
  s.rotation.pos = in.positions, s.rotation.inv_freq = in.inv_freq;
  op::Embed embed{.ids = in.ids, .table = weights_.embed, .vision = {}, .vision_row = {}, .y = s.b.hidden};
  if (in.vision) embed.vision = in.vision, embed.vision_row = in.vision_row;
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
