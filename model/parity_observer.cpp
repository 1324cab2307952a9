#include "model/parity_observer.h"

#include <array>
#include <cstring>
#include <vector>

#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/ops/layer_norm_gelu.h"
#include "glimpse/ops/linear.h"
#include "glimpse/ops/norm_add_norm.h"
#include "glimpse/ops/pos_embed.h"
#include "glimpse/ops/qkv_rope.h"

namespace glimpse {

namespace {

// An op's tensor that is a golden tensor. '#' stands for the layer, '+' for the layer behind it.
struct Tap {
  const char *site, *tensor, *name;
};

constexpr Tap kTaps[] = {
    {"vision.patch_embed", "y", "vision.patch_embed"},
    {"vision.pos_embed", "y", "vision.pos_embed"},
    {"vision.norm1", "y", "vision.block.#.norm1"},
    {"vision.norm2", "y", "vision.block.#.norm2"},
    {"vision.down", "y", "vision.block.#"},
    {"vision.post_norm", "y", "vision.post_norm"},
    {"vision.downsample", "y", "vision.downsample"},
    {"vision.merger.proj", "y", "vision.merger.proj"},
    {"vision.merger.down", "y", "vision.merger"},
    {"text.embed", "y", "text.embed"},
    {"text.input_norm", "y", "text.layer.#.input_layernorm"},
    {"text.o", "y", "text.layer.#.self_attn"},
    {"text.attn_norm", "y", "text.layer.#.post_attention_layernorm"},
    {"text.down", "y", "text.layer.#.mlp"},
    {"text.mlp_norm", "residual", "text.layer.#"},
    {"text.mlp_norm", "y", "text.layer.+.input_layernorm"},
    {"text.head", "y", "logits"},
};

std::string with_layer(const char* pattern, int layer) {
  std::string name;
  for (const char* c = pattern; *c; ++c) {
    if (*c == '#' || *c == '+') name += std::to_string(layer + (*c == '+'));
    else name += *c;
  }
  return name;
}

bool at(const Event& event, const char* site) { return event.depth == 0 && !std::strcmp(event.site.path, site); }

template <class Args> Args args_of(const Event& event) {
  GLIMPSE_CHECK(!std::strcmp(event.op.name(), Args::kName), "%s runs %s where parity expects %s", event.site.path,
                event.op.name(), Args::kName);
  return *static_cast<const Args*>(event.args);
}

// [rows, heads, size] seen as one slot of a cache: [1, heads, rows, size].
TensorView as_cache(const TensorView& rows) {
  const TensorView t = rows.transpose(0, 1);
  TensorView cache = t;
  cache.rank = 4, cache.shape[0] = 1, cache.stride[0] = rows.numel();
  for (int d = 0; d < 3; ++d) cache.shape[d + 1] = t.shape[d], cache.stride[d + 1] = t.stride[d];
  return cache;
}

TensorView named(const Event& event, const char* tensor) {
  TensorView found;
  event.op.visit(const_cast<void*>(event.args), [&](const char* name, TensorView& t, Role role) {
    if (role != Role::in && !std::strcmp(name, tensor)) found = t;
  });
  return found;
}

// Rows of any device tensor as host floats.
ParityRows download(Backend& backend, const TensorView& t) {
  const size_t bytes = size_t(t.span() * size_of(t.dtype));
  std::vector<char> host(std::max<size_t>(bytes, 1));
  backend.download(host.data(), t.data, bytes);
  TensorView from = t;
  from.data = host.data();
  ParityRows rows;
  rows.rows = t.shape[0];
  rows.values.reserve(size_t(t.numel()));
  for (int64_t i = 0; i < t.numel(); ++i) {
    int64_t offset = 0, rest = i;
    for (int d = t.rank - 1; d >= 0; --d) offset += rest % t.shape[d] * t.stride[d], rest /= t.shape[d];
    rows.values.push_back(float(oracle::get_at(from, offset)));
  }
  return rows;
}

// The rows of `a`, `b` and `c` one beside the other.
ParityRows beside(const std::array<ParityRows, 3>& parts) {
  ParityRows all;
  all.rows = parts[0].rows;
  for (int64_t r = 0; r < all.rows; ++r)
    for (const ParityRows& part : parts) {
      const int64_t width = int64_t(part.values.size()) / part.rows;
      all.values.insert(all.values.end(), part.values.begin() + r * width, part.values.begin() + (r + 1) * width);
    }
  return all;
}

}  // namespace

ParityObserver::ParityObserver(Run& run, int layers, Wanted wanted, Sink sink)
    : run_(run),
      pieces_(run.backend(), run.plan(), run.threads()),
      arena_(&run.backend()),
      layers_(layers),
      wanted_(std::move(wanted)),
      sink_(std::move(sink)) {
  run_.add_observer(this);
}

void ParityObserver::before(const Event& e) {
  const auto name = [&](const char* pattern) { return with_layer(pattern, e.site.layer); };
  if (at(e, "vision.pos_embed")) between(e, "vision.post_conv_norm");
  if (at(e, "vision.qkv")) projections(e, {name("vision.block.#.qkv")});
  if (at(e, "vision.proj")) without_residual(e, name("vision.block.#.attn"));
  if (at(e, "vision.down")) without_residual(e, name("vision.block.#.mlp"));
  if (at(e, "vision.merger.norm")) between(e, "vision.merger.norm");
  if (at(e, "text.qkv"))
    projections(e, {name("text.layer.#.q_proj"), name("text.layer.#.k_proj"), name("text.layer.#.v_proj")});
  if (at(e, "text.attn_norm")) first_norm(e, name("text.layer.#.post_self_attn_layernorm"));
  if (at(e, "text.mlp_norm")) first_norm(e, name("text.layer.#.post_mlp_layernorm"));
}

void ParityObserver::after(const Event& e) {
  for (const Tap& tap : kTaps) {
    if (!at(e, tap.site)) continue;
    const bool behind_last = std::strchr(tap.name, '+') && e.site.layer + 1 == layers_;
    const std::string name = behind_last ? "text.norm" : with_layer(tap.name, e.site.layer);
    if (wanted_(name)) take(name, named(e, tap.tensor));
  }
}

void ParityObserver::take(const std::string& name, const TensorView& rows) {
  sink_(name, download(run_.backend(), rows));
}

TensorView ParityObserver::like(const char* buffer, const TensorView& shape) {
  TensorView t = arena_.get(buffer, shape.dtype, {shape.numel()});
  t.rank = shape.rank;
  int64_t step = 1;
  for (int d = t.rank - 1; d >= 0; --d) t.shape[d] = shape.shape[d], t.stride[d] = step, step *= t.shape[d];
  return t;
}

TensorView ParityObserver::zeros(const char* buffer, const TensorView& shape) {
  const TensorView t = like(buffer, shape);
  const std::vector<char> host(size_t(t.bytes()));
  if (!host.empty()) run_.backend().upload(t.data, host.data(), host.size());
  return t;
}

// At position 0 every angle is 0: the rotation gives back what it was given, to the bit.
void ParityObserver::projections(const Event& e, const std::vector<std::string>& names) {
  if (std::none_of(names.begin(), names.end(), wanted_)) return;
  auto a = args_of<op::QkvRope>(e);
  const TensorView cache_rows = TensorView::dense(nullptr, a.q.dtype, {a.q.shape[0], a.k.shape[1], a.k.shape[3]});
  const TensorView k = like("k", cache_rows), v = like("v", cache_rows);
  a.q = like("q", a.q), a.k = as_cache(k), a.v = as_cache(v), a.slot = {}, a.index = {};
  a.rotation.pos = zeros("positions", a.rotation.pos);
  pieces_.execute(e.op, &a, e.site);
  const std::array<TensorView, 3> parts = {a.q, k, v};
  if (names.size() == 1) {
    Backend& backend = run_.backend();
    return sink_(names[0], beside({download(backend, a.q), download(backend, k), download(backend, v)}));
  }
  for (size_t i = 0; i < names.size(); ++i)
    if (wanted_(names[i])) take(names[i], parts[i]);
}

void ParityObserver::without_residual(const Event& e, const std::string& name) {
  if (!wanted_(name)) return;
  auto a = args_of<op::Linear>(e);
  a.residual = {}, a.y = like("y", a.y);
  pieces_.execute(e.op, &a, e.site);
  take(name, a.y);
}

// 0 + rms(x) is rms(x), to the bit.
void ParityObserver::first_norm(const Event& e, const std::string& name) {
  if (!wanted_(name)) return;
  auto a = args_of<op::NormAddNorm>(e);
  a.residual = zeros("residual", a.residual), a.y = like("y", a.y);
  pieces_.execute(e.op, &a, e.site);
  take(name, a.residual);
}

// The ops that hand out the value between their two steps where they are asked for it.
void ParityObserver::between(const Event& e, const std::string& name) {
  if (!wanted_(name)) return;
  const auto ask = [&](auto a) {
    a.normed = like("normed", a.y), a.y = like("y", a.y);
    pieces_.execute(e.op, &a, e.site);
    take(name, a.normed);
  };
  if (!std::strcmp(e.op.name(), op::PosEmbed::kName)) ask(args_of<op::PosEmbed>(e));
  else ask(args_of<op::LayerNormGelu>(e));
}

}  // namespace glimpse
