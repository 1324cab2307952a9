// Oracle of rms_norm: spec 10, "RMSNorm (all)".
#include "glimpse/core/contract.h"
#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/ops/rms_norm.h"

namespace glimpse {
namespace {

void check(const op::RmsNorm& a) {
  const char* op = a.kName;
  contract::activation(op, "x", a.x), contract::activation(op, "weight", a.weight);
  GLIMPSE_CHECK(a.x.rank == 2, "rms_norm: x must be a matrix, its rank is %d", a.x.rank);
  contract::shape(op, "weight", a.weight, {a.x.shape[1]});
  contract::dtype(op, "y", a.y, a.x.dtype), contract::shape(op, "y", a.y, {a.x.shape[0], a.x.shape[1]});
  GLIMPSE_CHECK(a.eps >= 0, "rms_norm: eps must not be negative, it is %g", double(a.eps));
}

Cost cost(const op::RmsNorm& a) {
  return {4.0 * double(a.x.numel()), double(a.x.bytes() + a.weight.bytes() + a.y.bytes())};
}

void reference(const op::RmsNorm& a, bool exact) {
  const oracle::Rounder round{exact, a.x.dtype};
  const auto weight = oracle::row(a.weight);
  for (int64_t m = 0; m < a.x.shape[0]; ++m) {
    const auto x = oracle::row(a.x, m, 0);
    const double mean = oracle::dot(x.data(), x.data(), int64_t(x.size()), exact) / double(x.size());
    const double scale = round.f32(1 / std::sqrt(round.f32(round.f32(mean) + double(a.eps))));
    for (size_t c = 0; c < x.size(); ++c)
      oracle::set(a.y, round(round(round.f32(x[c] * scale)) * weight[c]), m, int64_t(c));
  }
}

Case<op::RmsNorm> make_case(int64_t rows, int64_t dim, DType dtype, DType weight_dtype, double magnitude) {
  char label[96];
  std::snprintf(label, sizeof label, "M=%lld,D=%lld,%s,w_%s,x%g", (long long)rows, (long long)dim, name_of(dtype),
                name_of(weight_dtype), magnitude);
  return {label, [=](Maker& m) {
            op::RmsNorm a;
            a.x = m.tensor(dtype, {rows, dim}, {Fill::Kind::normal, magnitude, 0});
            a.weight = m.tensor(weight_dtype, {dim}, {Fill::Kind::uniform, 0.5, 1.5});
            a.y = m.output(dtype, {rows, dim});
            return a;
          }};
}

std::vector<Case<op::RmsNorm>> cases(uint64_t seed) {
  std::vector<Case<op::RmsNorm>> all;
  if (seed) {
    const int64_t rows = int64_t(seed % 19) + 1, dim = int64_t(seed / 19 % 700) + 1;
    for (DType t : {DType::f32, DType::bf16}) all.push_back(make_case(rows, dim, t, DType::bf16, 1));
    return all;
  }
  for (DType t : {DType::f32, DType::bf16}) {
    for (int64_t rows : {1, 2, 7, 8, 9, 16, 17}) all.push_back(make_case(rows, 64, t, DType::bf16, 1));
    for (int64_t dim : {1, 7, 8, 15, 31, 33, 127, 128, 512, 520, 1536, 2048, 2056, 4096, 4104, 8192, 8200})
      all.push_back(make_case(3, dim, t, DType::bf16, 1));
    for (double magnitude : {1e4, 1e-4, 0.0}) all.push_back(make_case(4, 128, t, DType::bf16, magnitude));
    all.push_back(make_case(0, 64, t, DType::bf16, 1));
    all.push_back(make_case(5, 96, t, DType::f32, 1));
    for (int64_t rows : {1, 1744}) {
      all.push_back(make_case(rows, 4096, t, DType::bf16, 1));
      all.back().bench = true, all.back().test = false;
    }
    all.push_back(make_case(6912, 1536, t, DType::bf16, 1));
    all.back().bench = true, all.back().test = false;
  }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::RmsNorm, .check = glimpse::check, .cost = glimpse::cost, .reference = glimpse::reference,
           .cases = glimpse::cases)
