#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/ops/linear_swiglu.h"
#include "kernels/linear/contract.h"

namespace glimpse {
namespace {

using op::LinearSwiglu;

void check(const LinearSwiglu& a) {
  contract::projected("linear_swiglu", "x", a.x);
  const int64_t M = a.x.shape[0], N = a.gate.N, K = a.x.shape[1];
  contract::weight("linear_swiglu", "gate", a.gate, N, K);
  contract::weight("linear_swiglu", "up", a.up, N, K);
  GLIMPSE_CHECK(a.gate.data.dtype == a.up.data.dtype, "linear_swiglu: gate is %s and up is %s; they must be alike",
                name_of(a.gate.data.dtype), name_of(a.up.data.dtype));
  contract::matrix("linear_swiglu", "y", a.y, M, N, a.x.dtype);
  contract::apart("linear_swiglu", "x", a.x, "y", a.y);
}

Cost cost(const LinearSwiglu& a) {
  const double flops = 4.0 * double(a.x.shape[0]) * double(a.gate.N) * double(a.gate.K);
  return {flops, double(a.x.bytes() + a.gate.bytes() + a.up.bytes() + a.y.bytes())};
}

void reference(const LinearSwiglu& a, bool exact) {
  const oracle::Rounder round{exact, a.x.dtype};
  for (int64_t m = 0; m < a.x.shape[0]; ++m) {
    const std::vector<double> x = oracle::row(a.x, m);
    for (int64_t n = 0; n < a.gate.N; ++n) {
      const auto project = [&](const Weight& w) {
        return round(oracle::dot(x.data(), oracle::row(w.data, n).data(), w.K, exact));
      };
      const double gate = project(a.gate), silu = round(round.f32(gate / (1 + std::exp(-gate))));
      oracle::set(a.y, round(silu * project(a.up)), m, n);
    }
  }
}

struct Shape {
  int64_t M, N, K;
  DType x = DType::bf16, w = DType::bf16;
  double scale = 1;
};

// Stacked as the text model's gate_up, or two matrices as the vision tower's.
LinearSwiglu make(Maker& m, const Shape& s) {
  LinearSwiglu a;
  a.x = m.tensor(s.x, {s.M, s.K}, {Fill::Kind::normal, s.scale, 0});
  const double scale = 1.5 / std::sqrt(double(s.K));
  if (s.M % 2) {
    const Weight both = m.weight(s.w, 2 * s.N, s.K, scale);
    a.gate = both.rows(0, s.N), a.up = both.rows(s.N, 2 * s.N);
  } else {
    a.gate = m.weight(s.w, s.N, s.K, scale), a.up = m.weight(s.w, s.N, s.K, scale);
  }
  a.y = m.output(s.x, {s.M, s.N});
  return a;
}

std::string label(const Shape& s) {
  return "M=" + std::to_string(s.M) + ",N=" + std::to_string(s.N) + ",K=" + std::to_string(s.K) + "," + name_of(s.x) +
         "x" + name_of(s.w) + (s.scale > 1 ? ",huge" : s.scale < 1 ? ",tiny" : "");
}

Case<LinearSwiglu> tested(const Shape& s) {
  return {label(s), [s](Maker& m) { return make(m, s); }};
}
Case<LinearSwiglu> timed(const char* what, const Shape& s) {
  return {std::string(what) + "/" + label(s), [s](Maker& m) { return make(m, s); }, true, false};
}

std::vector<Case<LinearSwiglu>> cases(uint64_t seed) {
  std::vector<Case<LinearSwiglu>> all;
  if (seed) {
    for (uint64_t i = 0; i < 6; ++i) {
      const uint64_t h = (seed * 6 + i + 1) * 0x9e3779b97f4a7c15u;
      all.push_back(tested({1 + int64_t(h >> 59), 64 + int64_t((h >> 45) % 600), 1 + int64_t((h >> 30) % 600),
                            h & 1024 ? DType::f32 : DType::bf16}));
    }
    return all;
  }
  for (DType t : {DType::f32, DType::bf16}) {
    for (int64_t M : {0, 1, 2, 4, 7, 8, 9, 16, 17, 33}) all.push_back(tested({M, 40, 64, t}));
    // The budget is the reference's own error over a row; a short row in f32 may by luck have nearly none.
    for (int64_t N : {1, 3, 5, 255, 257})
      for (int64_t M : {1, 9})
        if (t == DType::bf16 || N > 60) all.push_back(tested({M, N, 70, t}));
    for (int64_t K : {1, 7, 15, 17, 31, 33, 1025})
      for (int64_t M : {3, 10}) all.push_back(tested({M, 77, K, t}));
    all.push_back(tested({5, 33, 65, t, DType::f32})), all.push_back(tested({19, 33, 65, t, DType::f32}));
    if (t == DType::bf16) {  // around the tiles of the matrix kernels (32, 64, 128 outputs, 64 or 128 rows, 64 of K)
      for (int64_t N : {31, 33, 65, 127, 129}) all.push_back(tested({N + 1, N, 136})), all.push_back(tested({7, N, 8}));
      for (int64_t M : {63, 64, 65, 127}) all.push_back(tested({M, 32, 72}));
      all.push_back(tested({383, 252, 200})), all.push_back(tested({129, 128, 64}));
    }
    for (double scale : {1e3, 1e-4}) all.push_back(tested({2, 20, 48, t, DType::bf16, scale}));
    for (int64_t M : {1, 372}) all.push_back(timed("half", {M, 3072, 1024, t}));
    for (int64_t M : {1, 512}) all.push_back(timed("text", {M, 13696, 4096, t}));
    all.push_back(timed("vision", {1024, 4096, 1536, t}));
  }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::LinearSwiglu, .check = check, .cost = cost, .reference = reference, .cases = cases)
