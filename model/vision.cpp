#include "model/vision.h"

#include <algorithm>
#include <cmath>

#include "glimpse/ops/attention.h"
#include "glimpse/ops/layer_norm_gelu.h"
#include "glimpse/ops/linear.h"
#include "glimpse/ops/linear_swiglu.h"
#include "glimpse/ops/patch_embed.h"
#include "glimpse/ops/pos_embed.h"
#include "glimpse/ops/qkv_rope.h"
#include "glimpse/ops/rms_norm.h"
#include "model/rope_frequencies.h"

namespace glimpse {

VisionBuffers::VisionBuffers(Arena& arena, const Glm4vVisionConfig& c, DType dtype, int64_t patches) {
  const int64_t d = c.hidden_size, heads = c.num_heads, dh = c.head_dim(), out_d = c.out_hidden_size;
  const int64_t tokens = patches / (c.spatial_merge_size * c.spatial_merge_size);
  hidden = arena.get("vision.hidden", dtype, {patches, d});
  normed = arena.get("vision.normed", dtype, {patches, d});
  q = arena.get("vision.q", dtype, {patches, heads, dh});
  k = arena.get("vision.k", dtype, {patches, heads, dh});
  v = arena.get("vision.v", dtype, {patches, heads, dh});
  attn = arena.get("vision.attn", dtype, {patches, heads, dh});
  mlp = arena.get("vision.mlp", dtype, {patches, out_d});
  merged = arena.get("vision.merged", dtype, {tokens, out_d});
  gelu = arena.get("vision.gelu", dtype, {tokens, out_d});
  wide = arena.get("vision.wide", dtype, {tokens, c.intermediate_size});
}

struct Glm4vVisionModel::Step {
  VisionBuffers b;
  op::Rotation rotation;
  TensorView offsets, starts, lengths;
  int max_len = 0;
};

namespace {

// Row, column, grid height, grid width of every patch in merge-block order (spec 3.5, 7.3), and the segments.
struct Layout {
  std::vector<int32_t> coords, positions, offsets{0}, lengths;
};

Layout layout_of(const std::vector<Grid>& grids, int64_t merge) {
  Layout l;
  for (const Grid& g : grids)
    for (int64_t t = 0; t < g.t; ++t) {
      for (int64_t i = 0; i < g.h * g.w; ++i) {
        const int64_t in = i % (merge * merge), blocks = i / (merge * merge), across = g.w / merge;
        const int32_t y = int32_t(blocks / across * merge + in / merge),
                      x = int32_t(blocks % across * merge + in % merge);
        l.coords.insert(l.coords.end(), {y, x, int32_t(g.h), int32_t(g.w)});
        l.positions.insert(l.positions.end(), {y, x});
      }
      l.offsets.push_back(l.offsets.back() + int32_t(g.h * g.w));
      l.lengths.push_back(int32_t(g.h * g.w));
    }
  return l;
}

// [P, heads, dh] seen as one slot of a cache: [1, heads, P, dh].
TensorView as_cache(const TensorView& rows) {
  TensorView t = rows.transpose(0, 1);
  TensorView c = t;
  c.rank = 4;
  for (int d = 0; d < 3; ++d) c.shape[d + 1] = t.shape[d], c.stride[d + 1] = t.stride[d];
  c.shape[0] = 1, c.stride[0] = rows.numel();
  return c;
}

}  // namespace

void Glm4vVisionModel::block(Run& run, const Step& s, int i) const {
  const VisionBlockWeights& w = weights_.blocks[size_t(i)];
  const VisionBuffers& b = s.b;
  const int64_t d = config_.hidden_size, rows = b.hidden.shape[0];
  const float eps = float(config_.rms_norm_eps);
  const TensorView k = as_cache(b.k), v = as_cache(b.v);
  const auto bias = [&](int part) { return w.qkv_bias ? w.qkv_bias.slice(0, part * d, (part + 1) * d) : TensorView{}; };
  run(op::RmsNorm{b.hidden, w.norm1, b.normed, eps}, "vision.norm1", i);
  run(op::QkvRope{b.normed, w.qkv.rows(0, d), w.qkv.rows(d, 2 * d), w.qkv.rows(2 * d, 3 * d), bias(0), bias(1), bias(2),
                  s.rotation, b.q, k, v, {}, {}},
      "vision.qkv", i);
  op::Attention attention{.q = b.q, .k = k, .v = v, .o = b.attn, .q_offsets = s.offsets, .kv_slot = {},
                          .kv_start = s.starts, .kv_len = s.lengths, .max_q = s.max_len, .max_kv = s.max_len,
                          .causal = false, .scale = 1.f / std::sqrt(float(config_.head_dim()))};
  run(attention, "vision.attn", i);
  run(op::Linear{b.attn.reshape({rows, d}), w.proj, {}, b.hidden, b.hidden}, "vision.proj", i);
  run(op::RmsNorm{b.hidden, w.norm2, b.normed, eps}, "vision.norm2", i);
  run(op::LinearSwiglu{b.normed, w.gate, w.up, b.mlp}, "vision.mlp", i);
  run(op::Linear{b.mlp, w.down, {}, b.hidden, b.hidden}, "vision.down", i);
}

void Glm4vVisionModel::merge(Run& run, const VisionBuffers& b, const TensorView& out) const {
  const int64_t tokens = out.shape[0];
  run(op::RmsNorm{b.hidden, weights_.post_norm, b.normed, float(config_.rms_norm_eps)}, "vision.post_norm");
  const TensorView quads = b.normed.reshape({tokens, b.normed.numel() / std::max<int64_t>(tokens, 1)});
  run(op::Linear{quads, weights_.downsample, weights_.downsample_bias, {}, b.merged}, "vision.downsample");
  run(op::Linear{b.merged, weights_.merger_proj, {}, {}, b.gelu}, "vision.merger.proj");
  run(op::LayerNormGelu{.x = b.gelu, .weight = weights_.merger_norm, .bias = weights_.merger_norm_bias, .normed = {},
                        .y = b.gelu, .eps = 1e-5f},
      "vision.merger.norm");
  run(op::LinearSwiglu{b.gelu, weights_.merger_gate, weights_.merger_up, b.wide}, "vision.merger.mlp");
  run(op::Linear{b.wide, weights_.merger_down, {}, {}, out}, "vision.merger.down");
}

void Glm4vVisionModel::forward(Run& run, Arena& arena, const VisionInput& input, const TensorView& out) const {
  const int64_t merge_size = config_.spatial_merge_size;
  int64_t patches = 0;
  for (const Grid& g : input.grids) {
    GLIMPSE_CHECK(g.t > 0 && g.h > 0 && g.w > 0 && g.h % merge_size == 0 && g.w % merge_size == 0,
                  "grid_thw (%lld, %lld, %lld) is not a positive multiple of the merge size %lld", (long long)g.t,
                  (long long)g.h, (long long)g.w, (long long)merge_size);
    patches += g.patches();
  }
  GLIMPSE_CHECK(input.pixels.rank == 2 && patches == input.pixels.shape[0],
                "grid_thw counts %lld patches, pixel_values has %lld rows", (long long)patches,
                (long long)input.pixels.shape[0]);
  const Layout layout = layout_of(input.grids, merge_size);
  Step s{VisionBuffers(arena, config_, out.dtype, patches), {}, {}, {}, {}, 0};
  const int64_t segments = int64_t(layout.lengths.size());
  s.rotation.style = op::RopeStyle::half_split_2d;
  s.rotation.pos = arena.put("vision.positions", layout.positions, {patches, 2});
  const std::vector<float> frequencies = rope_frequencies(10000.0, int(config_.head_dim() / 2));
  s.rotation.inv_freq = arena.put("vision.inv_freq", frequencies, {int64_t(frequencies.size())});
  s.offsets = arena.put("vision.offsets", layout.offsets, {segments + 1});
  s.starts = s.offsets.slice(0, 0, segments);
  s.lengths = arena.put("vision.lengths", layout.lengths, {segments});
  s.max_len = layout.lengths.empty() ? 0 : *std::max_element(layout.lengths.begin(), layout.lengths.end());
  run(op::PatchEmbed{arena.put("vision.pixels", input.pixels),
                     input.table ? arena.put("vision.table", input.table) : TensorView{}, weights_.patch,
                     weights_.patch_bias, s.b.hidden},
      "vision.patch_embed");
  run(op::PosEmbed{.x = s.b.hidden, .weight = weights_.post_conv_norm, .table = weights_.position,
                   .coords = arena.put("vision.coords", layout.coords, {patches, 4}), .normed = {}, .y = s.b.hidden,
                   .method = op::Interpolation::bicubic, .eps = float(config_.rms_norm_eps)},
      "vision.pos_embed");
  for (int i = 0; i < int(weights_.blocks.size()); ++i) block(run, s, i);
  merge(run, s.b, out);
}

}  // namespace glimpse
