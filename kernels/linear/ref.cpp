#include "glimpse/ops/linear.h"

#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "kernels/linear/contract.h"

namespace glimpse {
namespace {

using op::Linear;

void check(const Linear& a) {
  contract::projected("linear", "x", a.x);
  const int64_t M = a.x.shape[0], N = a.w.N;
  contract::weight("linear", "w", a.w, N, a.x.shape[1]);
  contract::bias("linear", "bias", a.bias, N);
  contract::matrix("linear", "y", a.y, M, N, a.x.dtype);
  contract::apart("linear", "x", a.x, "y", a.y);
  contract::apart("linear", "w", a.w.data, "y", a.y);
  if (!a.residual) return;
  contract::matrix("linear", "residual", a.residual, M, N, a.x.dtype);
  const bool same = a.residual.data == a.y.data && a.residual.stride[0] == a.y.stride[0];
  GLIMPSE_CHECK(same || !contract::overlap(a.residual, a.y),
                "linear: residual overlaps y in part; it must be y or apart from y");
}

Cost cost(const Linear& a) {
  const double flops = 2.0 * double(a.x.shape[0]) * double(a.w.N) * double(a.w.K);
  const int64_t bytes = a.x.bytes() + a.w.bytes() + a.y.bytes() + (a.bias ? a.bias.bytes() : 0) +
                        (a.residual ? a.residual.bytes() : 0);
  return {flops, double(bytes)};
}

void reference(const Linear& a, bool exact) {
  const oracle::Rounder round{exact, a.x.dtype};
  for (int64_t m = 0; m < a.x.shape[0]; ++m) {
    const std::vector<double> x = oracle::row(a.x, m);
    for (int64_t n = 0; n < a.w.N; ++n) {
      const std::vector<double> w = oracle::row(a.w.data, n);
      const double sum = oracle::dot(x.data(), w.data(), a.w.K, exact);
      double y = round(round.f32(sum + (a.bias ? oracle::get(a.bias, n) : 0)));
      if (a.residual) y = round(y + oracle::get(a.residual, m, n));
      oracle::set(a.y, y, m, n);
    }
  }
}

struct Shape {
  int64_t M, N, K;
  DType x = DType::bf16, w = DType::bf16;
  bool bias = false, residual = false, in_place = false;
  double scale = 1;  // of x; the weight's keeps y near it
};

Linear make(Maker& m, const Shape& s) {
  Linear a;
  a.x = m.tensor(s.x, {s.M, s.K}, {Fill::Kind::normal, s.scale, 0});
  a.w = m.weight(s.w, s.N, s.K, 1 / std::sqrt(double(s.K)));
  if (s.bias) a.bias = m.tensor(s.w, {s.N}, {Fill::Kind::normal, s.scale, 0});
  if (s.residual) a.residual = m.tensor(s.x, {s.M, s.N}, {Fill::Kind::normal, s.scale, 0});
  a.y = s.in_place ? a.residual : m.output(s.x, {s.M, s.N});
  return a;
}

std::string label(const Shape& s) {
  std::string text = "M=" + std::to_string(s.M) + ",N=" + std::to_string(s.N) + ",K=" + std::to_string(s.K);
  text += std::string(",") + name_of(s.x) + "x" + name_of(s.w);
  if (s.bias) text += ",bias";
  if (s.in_place) text += ",in_place";
  else if (s.residual) text += ",residual";
  if (s.scale != 1) text += s.scale > 1 ? ",huge" : ",tiny";
  return text;
}

Case<Linear> tested(const Shape& s) {
  return {label(s), [s](Maker& m) { return make(m, s); }};
}

Case<Linear> timed(const char* what, const Shape& s) {
  return {std::string(what) + "/" + label(s), [s](Maker& m) { return make(m, s); }, true, false};
}

constexpr DType kF32 = DType::f32, kBf16 = DType::bf16;

// The text model's and the vision tower's own shapes at decode (M 1) and at a chunk of prefill; `half` is the small
// model that is timed against other software.
void add_timed(std::vector<Case<Linear>>& all) {
  for (DType t : {kF32, kBf16})
    for (int64_t M : {int64_t(1), int64_t(512)}) {
      all.push_back(timed("text.q", {M, 4096, 4096, t, kBf16, true}));
      all.push_back(timed("text.o", {M, 4096, 4096, t}));
      all.push_back(timed("text.down", {M, 4096, 13696, t}));
    }
  for (DType t : {kF32, kBf16}) {
    all.push_back(timed("lm_head", {1, 151552, 4096, t}));
    all.push_back(timed("vision.qkv", {1024, 4608, 1536, t}));
    all.push_back(timed("vision.down", {1024, 1536, 4096, t, kBf16, false, true}));
    all.push_back(timed("half.lm_head", {1, 65536, 1024, t}));
    for (int64_t M : {int64_t(1), int64_t(372)}) {
      all.push_back(timed("half.o", {M, 1024, 1024, t}));
      all.push_back(timed("half.down", {M, 1024, 3072, t}));
    }
    all.push_back(timed("text.down", {16, 4096, 13696, t})), all.push_back(timed("half.o", {16, 1024, 1024, t}));
  }
}

Case<Linear> random_case(uint64_t seed, int i) {
  uint64_t state = seed * 0x9e3779b97f4a7c15u + uint64_t(i + 1) * 0xd1342543de82ef95u;
  const auto below = [&state](uint64_t n) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return int64_t(state % n);
  };
  Shape s{1 + below(40), 1 + below(700), 1 + below(700)};
  s.x = below(2) ? kF32 : kBf16, s.w = below(4) ? kBf16 : kF32;
  s.bias = below(2), s.residual = below(2), s.in_place = s.residual && below(2);
  return tested(s);
}

std::vector<Case<Linear>> cases(uint64_t seed) {
  std::vector<Case<Linear>> all;
  if (seed) {
    for (int i = 0; i < 6; ++i) all.push_back(random_case(seed, i));
    return all;
  }
  for (int64_t M : {0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33})
    for (DType t : {kF32, kBf16}) all.push_back(tested({M, 40, 64, t, kBf16, M % 2 == 1, M % 4 > 1}));
  for (int64_t N : {1, 3, 7, 9, 255, 257, 515})  // around the row blocks (8) and the panel (256)
    for (int64_t M : {1, 8, 17}) all.push_back(tested({M, N, 96, M == 8 ? kF32 : kBf16, kBf16, true, true}));
  for (int64_t K : {1, 7, 8, 15, 17, 31, 33, 63, 65, 1176, 4097})  // around the vector widths
    for (int64_t M : {1, 3, 12}) all.push_back(tested({M, 21, K, M == 3 ? kBf16 : kF32}));
  for (int64_t M : {511, 513, 527, 528, 1040}) all.push_back(tested({M, 3, 5, kBf16, kBf16, true, true, true}));
  for (int64_t M : {1, 6, 130})
    for (DType t : {kF32, kBf16}) {
      all.push_back(tested({M, 67, 129, t, kF32, true, true}));
      all.push_back(tested({M, 67, 128, t, kBf16, true, true, true}));
      all.push_back(tested({M, 67, 128, t, kBf16, true, true, false, 1e4}));
      all.push_back(tested({M, 67, 128, t, kBf16, true, true, false, 1e-4}));
    }
  // Around the tiles of the matrix kernels (64, 128, 256 rows and columns; 64 of K), K in 16-byte steps.
  for (int64_t K : {8, 56, 72, 264, 1096})
    for (int64_t M : {1, 2, 5, 8, 66}) all.push_back(tested({M, 70, K, kBf16, kBf16, K == 72, M == 2}));
  for (int64_t M : {63, 65, 127, 129})
    for (int64_t N : {63, 64, 65, 127, 129}) all.push_back(tested({M, N, 136, kBf16, kBf16, true, N % 64 == 1}));
  for (int64_t M : {2, 16, 17, 33, 64}) all.push_back(tested({M, 130, 1032 * (M % 3 + 1), kBf16, kBf16, true, M > 16}));
  all.push_back(tested({5, 70, 5184, kBf16, kBf16, true}));  // cut into ten parts of 576, the last of which is empty
  all.push_back(tested({128, 256, 200, kBf16, kBf16, false, true}));
  all.push_back(tested({257, 264, 64, kBf16, kBf16, true, true, true}));
  all.push_back(tested({383, 504, 200, kBf16, kBf16, true, true}));
  all.push_back(tested({1, 151552, 64, kBf16, kBf16}));  // the rows of lm_head
  add_timed(all);
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::Linear, .check = check, .cost = cost, .reference = reference, .cases = cases)
