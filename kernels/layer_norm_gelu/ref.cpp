// Oracle of layer_norm_gelu: spec 7.6 and 10.
#include "glimpse/core/contract.h"
#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/ops/layer_norm_gelu.h"

namespace glimpse {
namespace {

void check(const op::LayerNormGelu& a) {
  const char* op = a.kName;
  contract::activation(op, "x", a.x), contract::activation(op, "weight", a.weight);
  GLIMPSE_CHECK(a.x.rank == 2, "layer_norm_gelu: x must be a matrix, its rank is %d", a.x.rank);
  const int64_t rows = a.x.shape[0], dim = a.x.shape[1];
  contract::shape(op, "weight", a.weight, {dim});
  contract::dtype(op, "bias", a.bias, a.weight.dtype), contract::shape(op, "bias", a.bias, {dim});
  contract::dtype(op, "y", a.y, a.x.dtype), contract::shape(op, "y", a.y, {rows, dim});
  if (a.normed)
    contract::dtype(op, "normed", a.normed, a.x.dtype), contract::shape(op, "normed", a.normed, {rows, dim});
}

Cost cost(const op::LayerNormGelu& a) {
  return {30.0 * double(a.x.numel()), double((a.normed ? 3 : 2) * a.x.bytes() + 2 * a.weight.bytes())};
}

void reference(const op::LayerNormGelu& a, bool exact) {
  const oracle::Rounder round{exact, a.x.dtype};
  const auto weight = oracle::row(a.weight), bias = oracle::row(a.bias);
  for (int64_t m = 0; m < a.x.shape[0]; ++m) {
    auto x = oracle::row(a.x, m, 0);
    const auto n = int64_t(x.size());
    const std::vector<double> ones(x.size(), 1.0);
    const double mean = round.f32(oracle::dot(x.data(), ones.data(), n, exact) / double(n));
    for (double& v : x) v = round.f32(v - mean);
    const double variance = round.f32(oracle::dot(x.data(), x.data(), n, exact) / double(n));
    const double scale = round.f32(1 / std::sqrt(round.f32(variance + double(a.eps))));
    for (size_t c = 0; c < x.size(); ++c) {
      const double u = round(round.f32(round.f32(round.f32(x[c] * scale) * weight[c]) + bias[c]));
      if (a.normed) oracle::set(a.normed, u, m, int64_t(c));
      const double phi = round.f32(0.5 * round.f32(1 + round.f32(std::erf(round.f32(u * 0.70710678118654752)))));
      // The tail by erfc: exact means exact there too.
      oracle::set(a.y, exact ? 0.5 * u * std::erfc(-u * 0.70710678118654752) : round(u * phi), m, int64_t(c));
    }
  }
}

Case<op::LayerNormGelu> make_case(int64_t rows, int64_t dim, DType t, DType weights, double magnitude, bool normed) {
  char label[96];
  std::snprintf(label, sizeof label, "M=%lld,D=%lld,%s,w_%s,x%g%s", (long long)rows, (long long)dim, name_of(t),
                name_of(weights), magnitude, normed ? ",normed" : "");
  return {label, [=](Maker& m) {
            op::LayerNormGelu a;
            a.x = m.tensor(t, {rows, dim}, {Fill::Kind::normal, magnitude, magnitude / 4});
            a.weight = m.tensor(weights, {dim}, {Fill::Kind::uniform, 0.5, 1.5}), a.bias = m.tensor(weights, {dim});
            if (normed) a.normed = m.output(t, {rows, dim});
            a.y = m.output(t, {rows, dim});
            return a;
          }};
}

std::vector<Case<op::LayerNormGelu>> cases(uint64_t seed) {
  std::vector<Case<op::LayerNormGelu>> all;
  constexpr DType kBf16 = DType::bf16;
  for (DType t : {DType::f32, kBf16}) {
    if (seed) {
      all.push_back(make_case(int64_t(seed % 19) + 1, int64_t(seed / 19 % 700) + 1, t, kBf16, 1, true));
      continue;
    }
    for (int64_t rows : {0, 1, 2, 7, 8, 9, 16, 17}) all.push_back(make_case(rows, 64, t, kBf16, 1, rows != 7));
    for (int64_t dim : {1, 7, 15, 33, 127, 512, 520, 2048, 2056, 4096, 4104, 8192, 8200})
      all.push_back(make_case(3, dim, t, kBf16, 1, false));
    for (double magnitude : {1e4, 1e-4, 0.0}) all.push_back(make_case(4, 128, t, kBf16, magnitude, true));
    all.push_back(make_case(5, 96, t, DType::f32, 1, true));
    for (auto [rows, dim] : {std::pair{1728, 4096}, {256, 1024}}) {
      all.push_back(make_case(rows, dim, t, kBf16, 1, false));
      all.back().bench = true, all.back().test = false;
    }
  }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::LayerNormGelu, .check = glimpse::check, .cost = glimpse::cost, .reference = glimpse::reference,
           .cases = glimpse::cases)
