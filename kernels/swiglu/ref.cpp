// Oracle of swiglu: spec 10, "SwiGLU product".
#include "glimpse/core/contract.h"
#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/ops/swiglu.h"

namespace glimpse {
namespace {

void check(const op::Swiglu& a) {
  contract::activation(a.kName, "gate", a.gate);
  GLIMPSE_CHECK(a.gate.rank == 2, "swiglu: gate must be a matrix, its rank is %d", a.gate.rank);
  for (auto [name, t] : {std::pair{"up", &a.up}, std::pair{"y", &a.y}}) {
    contract::dtype(a.kName, name, *t, a.gate.dtype);
    contract::shape(a.kName, name, *t, {a.gate.shape[0], a.gate.shape[1]});
  }
}

Cost cost(const op::Swiglu& a) { return {5.0 * double(a.gate.numel()), double(3 * a.gate.bytes())}; }

void reference(const op::Swiglu& a, bool exact) {
  const oracle::Rounder round{exact, a.gate.dtype};
  for (int64_t m = 0; m < a.gate.shape[0]; ++m) {
    const auto gate = oracle::row(a.gate, m, 0), up = oracle::row(a.up, m, 0);
    for (size_t c = 0; c < gate.size(); ++c)
      oracle::set(a.y, round(round(gate[c] / (1 + std::exp(-gate[c]))) * up[c]), m, int64_t(c));
  }
}

Case<op::Swiglu> make_case(int64_t rows, int64_t columns, DType dtype, double magnitude) {
  char label[96];
  std::snprintf(label, sizeof label, "M=%lld,N=%lld,%s,x%g", (long long)rows, (long long)columns, name_of(dtype),
                magnitude);
  return {label, [=](Maker& m) {
            op::Swiglu a;
            a.gate = m.tensor(dtype, {rows, columns}, {Fill::Kind::normal, magnitude, 0});
            a.up = m.tensor(dtype, {rows, columns});
            a.y = m.output(dtype, {rows, columns});
            return a;
          }};
}

std::vector<Case<op::Swiglu>> cases(uint64_t seed) {
  std::vector<Case<op::Swiglu>> all;
  for (DType t : {DType::f32, DType::bf16}) {
    if (seed) {
      all.push_back(make_case(int64_t(seed % 19) + 1, int64_t(seed / 19 % 700) + 1, t, 3));
      continue;
    }
    for (int64_t rows : {0, 1, 2, 7, 8, 9, 16, 17}) all.push_back(make_case(rows, 64, t, 2));
    for (int64_t columns : {1, 7, 15, 17, 31, 33, 2048, 2056, 4096}) all.push_back(make_case(3, columns, t, 2));
    for (double magnitude : {1e4, 30.0, 1e-4, 0.0}) all.push_back(make_case(4, 128, t, magnitude));
    for (auto [rows, columns] : {std::pair{1, 13696}, std::pair{1744, 13696}, std::pair{6912, 4096}}) {
      all.push_back(make_case(rows, columns, t, 1));
      all.back().bench = true, all.back().test = false;
    }
  }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::Swiglu, .check = glimpse::check, .cost = glimpse::cost, .reference = glimpse::reference,
           .cases = glimpse::cases)
