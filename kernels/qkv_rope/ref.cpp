// The oracle is linear's three times, then rope's.
#include <cmath>

#include "glimpse/core/op.h"
#include "glimpse/ops/linear.h"
#include "glimpse/ops/qkv_rope.h"
#include "kernels/linear/contract.h"

namespace glimpse {
namespace {

using op::QkvRope;

void check(const QkvRope& a) {
  const char* op = a.kName;
  contract::projected(op, "x", a.x);
  GLIMPSE_CHECK(a.q.rank == 3 && a.k.rank == 4 && a.v.rank == 4,
                "qkv_rope: q, k and v must have ranks 3, 4 and 4, they have %d, %d and %d", a.q.rank, a.k.rank,
                a.v.rank);
  const int64_t M = a.x.shape[0], K = a.x.shape[1], H = a.q.shape[1], KV = a.k.shape[1], dh = a.q.shape[2];
  contract::weight(op, "wq", a.wq, H * dh, K), contract::bias(op, "bias_q", a.bias_q, H * dh);
  contract::weight(op, "wk", a.wk, KV * dh, K), contract::bias(op, "bias_k", a.bias_k, KV * dh);
  contract::weight(op, "wv", a.wv, KV * dh, K), contract::bias(op, "bias_v", a.bias_v, KV * dh);
  contract::dtype(op, "q", a.q, a.x.dtype), contract::shape(op, "q", a.q, {M, H, dh});
  op::Rope rope;
  rope.q_in = a.q, rope.q = a.q;
  // Stand-ins of the projections' shapes: only shapes and dtypes are looked at.
  rope.k_in = rope.v_in = TensorView::dense(a.x.data, a.x.dtype, {M, KV, dh});
  rope.rotation = a.rotation, rope.k = a.k, rope.v = a.v, rope.slot = a.slot, rope.index = a.index;
  op_of<op::Rope>().check(&rope);
}

Cost cost(const QkvRope& a) {
  const int64_t N = a.wq.N + a.wk.N + a.wv.N, written = a.x.shape[0] * (a.wk.N + a.wv.N) * size_of(a.k.dtype);
  const int64_t bytes = a.x.bytes() + a.wq.bytes() + a.wk.bytes() + a.wv.bytes() + a.q.bytes() + written;
  return {2.0 * double(a.x.shape[0]) * double(N) * double(a.wq.K), double(bytes)};
}

// One projection into memory of its own, as [M, heads, dh].
TensorView project(const QkvRope& a, const Weight& w, const TensorView& bias, bool exact, std::vector<double>& memory) {
  const int64_t M = a.x.shape[0], dh = a.q.shape[2];
  memory.resize(size_t(M * w.N) + 1);
  op::Linear p;
  p.x = a.x, p.w = w, p.bias = bias;
  p.y = TensorView::dense(memory.data(), exact ? DType::f64 : a.x.dtype, {M, w.N});
  op_of<op::Linear>().reference(&p, exact);
  return p.y.split_last(dh);
}

void reference(const QkvRope& a, bool exact) {
  std::vector<double> q, k, v;
  op::Rope rope;
  rope.q_in = project(a, a.wq, a.bias_q, exact, q);
  rope.k_in = project(a, a.wk, a.bias_k, exact, k);
  rope.v_in = project(a, a.wv, a.bias_v, exact, v);
  rope.rotation = a.rotation, rope.q = a.q, rope.k = a.k, rope.v = a.v, rope.slot = a.slot, rope.index = a.index;
  op_of<op::Rope>().reference(&rope, exact);
}

struct Shape {
  int64_t M, K, H, KV, dh;
  bool vision, bias;
};

// Text rows stand in a cache at scattered places, vision rows one after another.
QkvRope make(Maker& m, const Shape& s, DType t) {
  QkvRope a;
  const double scale = 1 / std::sqrt(double(s.K));
  a.x = m.tensor(t, {s.M, s.K});
  a.wq = m.weight(DType::bf16, s.H * s.dh, s.K, scale);
  a.wk = m.weight(DType::bf16, s.KV * s.dh, s.K, scale), a.wv = m.weight(DType::bf16, s.KV * s.dh, s.K, scale);
  if (s.bias) {
    a.bias_q = m.tensor(DType::bf16, {s.H * s.dh});
    a.bias_k = m.tensor(DType::bf16, {s.KV * s.dh}), a.bias_v = m.tensor(DType::bf16, {s.KV * s.dh});
  }
  const int64_t axes = s.vision ? 2 : 3, n = s.dh / 4;
  std::vector<int32_t> pos, slot, index;
  for (int64_t i = 0; i < s.M * axes; ++i) pos.push_back(int32_t(m.random() % 90));
  for (int64_t i = 0; i < s.M; ++i) slot.push_back(int32_t(i % 2)), index.push_back(int32_t(i + 3));
  a.rotation.style = s.vision ? op::RopeStyle::half_split_2d : op::RopeStyle::interleaved_3d;
  a.rotation.sections[0] = int(n / 4), a.rotation.sections[1] = int(n - n / 4) / 2;
  a.rotation.sections[2] = int(n) - a.rotation.sections[0] - a.rotation.sections[1];
  a.rotation.pos = m.integers({s.M, axes}, pos);
  a.rotation.inv_freq = m.tensor(DType::f32, {n}, {Fill::Kind::uniform, 1e-4, 1});
  a.q = m.output(t, {s.M, s.H, s.dh});
  a.k = m.tensor(t, {2, s.KV, s.M + 5, s.dh}), a.v = m.tensor(t, {2, s.KV, s.M + 5, s.dh});
  if (!s.vision) a.slot = m.integers({s.M}, slot), a.index = m.integers({s.M}, index);
  return a;
}

Case<QkvRope> make_case(const Shape& s, DType t, bool bench = false) {
  const std::string label = "M=" + std::to_string(s.M) + ",K=" + std::to_string(s.K) + ",H=" + std::to_string(s.H) +
                            ",KV=" + std::to_string(s.KV) + ",dh=" + std::to_string(s.dh) + "," + name_of(t) +
                            (s.vision ? ",half_split_2d" : ",interleaved_3d") + (s.bias ? ",bias" : "");
  return {label, [s, t](Maker& m) { return make(m, s, t); }, bench, !bench};
}

std::vector<Case<QkvRope>> cases(uint64_t seed) {
  std::vector<Case<QkvRope>> all;
  for (DType t : {DType::f32, DType::bf16}) {
    if (seed) {
      all.push_back(make_case({int64_t(seed % 21) + 1, int64_t(seed / 21 % 99) + 1, 4, 2, 32, seed % 2 == 0, true}, t));
      continue;
    }
    for (int64_t M : {0, 1, 7, 8, 9, 16, 17}) {
      all.push_back(make_case({M, 48, 4, 2, 32, false, M != 8}, t));
      all.push_back(make_case({M, 48, 2, 2, 64, true, false}, t));
    }
    for (int64_t M : {2, 3, 5}) all.push_back(make_case({M, 520, 3, 1, 128, M == 5, true}, t));
    for (int64_t M : {1, 512}) all.push_back(make_case({M, 4096, 32, 2, 128, false, true}, t, true));
    for (int64_t M : {1, 372}) all.push_back(make_case({M, 1024, 8, 2, 128, false, true}, t, true));
    all.push_back(make_case({1024, 1536, 12, 12, 128, true, false}, t, true));
  }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::QkvRope, .check = check, .cost = cost, .reference = reference, .cases = cases)
