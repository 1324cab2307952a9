// Oracle of norm_add_norm: spec 8.1 (sandwich norm on the branch) and 10.
#include "glimpse/core/contract.h"
#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/ops/norm_add_norm.h"

namespace glimpse {
namespace {

void check(const op::NormAddNorm& a) {
  const char* op = a.kName;
  contract::activation(op, "x", a.x), contract::activation(op, "post", a.post), contract::activation(op, "pre", a.pre);
  GLIMPSE_CHECK(a.x.rank == 2, "norm_add_norm: x must be a matrix, its rank is %d", a.x.rank);
  const int64_t rows = a.x.shape[0], dim = a.x.shape[1];
  contract::shape(op, "post", a.post, {dim}), contract::shape(op, "pre", a.pre, {dim});
  contract::dtype(op, "residual", a.residual, a.x.dtype), contract::shape(op, "residual", a.residual, {rows, dim});
  contract::dtype(op, "y", a.y, a.x.dtype), contract::shape(op, "y", a.y, {rows, dim});
  GLIMPSE_CHECK(a.post.dtype == a.pre.dtype, "norm_add_norm: post is %s but pre is %s", name_of(a.post.dtype),
                name_of(a.pre.dtype));
  GLIMPSE_CHECK(a.y.data != a.residual.data, "norm_add_norm: y must not be residual");
}

Cost cost(const op::NormAddNorm& a) {
  return {9.0 * double(a.x.numel()), double(4 * a.x.bytes() + a.post.bytes() + a.pre.bytes())};
}

std::vector<double> rms(const std::vector<double>& x, const std::vector<double>& weight, double eps,
                        const oracle::Rounder& round) {
  const double mean = oracle::dot(x.data(), x.data(), int64_t(x.size()), round.exact) / double(x.size());
  const double scale = round.f32(1 / std::sqrt(round.f32(round.f32(mean) + eps)));
  std::vector<double> y(x.size());
  for (size_t c = 0; c < x.size(); ++c) y[c] = round(round(round.f32(x[c] * scale)) * weight[c]);
  return y;
}

void reference(const op::NormAddNorm& a, bool exact) {
  const oracle::Rounder round{exact, a.x.dtype};
  const auto post = oracle::row(a.post), pre = oracle::row(a.pre);
  for (int64_t m = 0; m < a.x.shape[0]; ++m) {
    const auto branch = rms(oracle::row(a.x, m, 0), post, double(a.eps), round);
    auto sum = oracle::row(a.residual, m, 0);
    for (size_t c = 0; c < sum.size(); ++c) sum[c] = round(sum[c] + branch[c]);
    const auto y = rms(sum, pre, double(a.eps), round);
    for (size_t c = 0; c < sum.size(); ++c) {
      oracle::set(a.residual, sum[c], m, int64_t(c));
      oracle::set(a.y, y[c], m, int64_t(c));
    }
  }
}

Case<op::NormAddNorm> make_case(int64_t rows, int64_t dim, DType dtype, DType weight_dtype, double magnitude) {
  char label[96];
  std::snprintf(label, sizeof label, "M=%lld,D=%lld,%s,w_%s,x%g", (long long)rows, (long long)dim, name_of(dtype),
                name_of(weight_dtype), magnitude);
  return {label, [=](Maker& m) {
            op::NormAddNorm a;
            a.x = m.tensor(dtype, {rows, dim}, {Fill::Kind::normal, magnitude, 0});
            a.post = m.tensor(weight_dtype, {dim}, {Fill::Kind::uniform, 0.5, 1.5});
            a.pre = m.tensor(weight_dtype, {dim}, {Fill::Kind::uniform, 0.5, 1.5});
            a.residual = m.tensor(dtype, {rows, dim}, {Fill::Kind::normal, magnitude, 0});
            a.y = m.output(dtype, {rows, dim});
            return a;
          }};
}

std::vector<Case<op::NormAddNorm>> cases(uint64_t seed) {
  std::vector<Case<op::NormAddNorm>> all;
  for (DType t : {DType::f32, DType::bf16}) {
    if (seed) {
      all.push_back(make_case(int64_t(seed % 19) + 1, int64_t(seed / 19 % 700) + 1, t, DType::bf16, 1));
      continue;
    }
    for (int64_t rows : {0, 1, 2, 7, 8, 9, 16, 17}) all.push_back(make_case(rows, 64, t, DType::bf16, 1));
    for (int64_t dim : {1, 7, 15, 31, 33, 127, 512, 520, 2048, 2056, 4096, 4104, 8192, 8200})
      all.push_back(make_case(3, dim, t, DType::bf16, 1));
    for (double magnitude : {1e4, 1e-4, 0.0}) all.push_back(make_case(4, 128, t, DType::bf16, magnitude));
    all.push_back(make_case(5, 96, t, DType::f32, 1));
    for (auto [rows, dim] : {std::pair{1, 4096}, {1744, 4096}, {372, 1024}}) {
      all.push_back(make_case(rows, dim, t, DType::bf16, 1));
      all.back().bench = true, all.back().test = false;
    }
  }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::NormAddNorm, .check = glimpse::check, .cost = glimpse::cost, .reference = glimpse::reference,
           .cases = glimpse::cases)
