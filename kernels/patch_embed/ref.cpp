#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/ops/patch_embed.h"
#include "kernels/linear/contract.h"

namespace glimpse {
namespace {

using op::PatchEmbed;

void check(const PatchEmbed& a) {
  const char* op = a.kName;
  GLIMPSE_CHECK(a.pixels && a.pixels.rank == 2 && (a.pixels.dtype == DType::u8 || a.pixels.dtype == DType::f32),
                "patch_embed: pixels must be a matrix of u8 or f32, it is %s of rank %d", name_of(a.pixels.dtype),
                a.pixels.rank);
  contract::contiguous_rows(op, "pixels", a.pixels);
  const int64_t P = a.pixels.shape[0], K = a.pixels.shape[1], D = a.w.N;
  contract::weight(op, "w", a.w, D, K);
  contract::bias(op, "bias", a.bias, D);
  contract::activation(op, "y", a.y);
  contract::matrix(op, "y", a.y, P, D, a.y.dtype);
  if (a.pixels.dtype != DType::u8) return;
  GLIMPSE_CHECK(a.table && a.table.rank == 2 && a.table.shape[0] > 0 && K % a.table.shape[0] == 0,
                "patch_embed: u8 pixels need a table [channels, 256] whose channels divide the %lld columns",
                (long long)K);
  contract::matrix(op, "table", a.table, a.table.shape[0], 256, DType::f32);
}

Cost cost(const PatchEmbed& a) {
  const int64_t bytes = a.pixels.bytes() + a.w.bytes() + a.y.bytes() + (a.bias ? a.bias.bytes() : 0) +
                        (a.table ? a.table.bytes() : 0);
  return {2.0 * double(a.pixels.shape[0]) * double(a.w.N) * double(a.w.K), double(bytes)};
}

void reference(const PatchEmbed& a, bool exact) {
  const oracle::Rounder round{exact, a.y.dtype};
  const int64_t K = a.w.K;
  for (int64_t p = 0; p < a.pixels.shape[0]; ++p) {
    std::vector<double> x = oracle::row(a.pixels, p);
    for (int64_t k = 0; k < K; ++k) {
      double& v = x[size_t(k)];
      if (a.pixels.dtype == DType::u8) v = oracle::get(a.table, k / (K / a.table.shape[0]), int64_t(v));
      v = round(v);
    }
    for (int64_t n = 0; n < a.w.N; ++n) {
      const double sum = oracle::dot(x.data(), oracle::row(a.w.data, n).data(), K, exact);
      oracle::set(a.y, round(round.f32(sum + (a.bias ? oracle::get(a.bias, n) : 0))), p, n);
    }
  }
}

struct Shape {
  int64_t P, D, patch;
  DType pixels, y;
  bool bias = true;
};

Case<PatchEmbed> make_case(const Shape& s, bool bench = false) {
  const std::string label = "P=" + std::to_string(s.P) + ",D=" + std::to_string(s.D) + ",p=" + std::to_string(s.patch) +
                            "," + name_of(s.pixels) + "->" + name_of(s.y) + (s.bias ? ",bias" : "");
  const auto make = [s](Maker& m) {
    PatchEmbed a;
    const int64_t K = 3 * 2 * s.patch * s.patch;
    const bool u8 = s.pixels == DType::u8;
    a.pixels = m.tensor(s.pixels, {s.P, K}, u8 ? Fill{Fill::Kind::integers, 0, 256} : Fill{});
    if (u8) a.table = m.tensor(DType::f32, {3, 256}, {Fill::Kind::uniform, -2, 2.2});
    a.w = m.weight(DType::bf16, s.D, K, 1 / std::sqrt(double(K)));
    if (s.bias) a.bias = m.tensor(DType::bf16, {s.D});
    a.y = m.output(s.y, {s.P, s.D});
    return a;
  };
  return {label, make, bench, !bench};
}

std::vector<Case<PatchEmbed>> cases(uint64_t seed) {
  std::vector<Case<PatchEmbed>> all;
  for (DType pixels : {DType::u8, DType::f32})
    for (DType y : {DType::f32, DType::bf16}) {
      if (seed) {
        const int64_t P = int64_t(seed % 37) + 1, D = int64_t(seed / 37 % 91) + 1, patch = int64_t(seed % 7) + 1;
        all.push_back(make_case({P, D, patch, pixels, y}));
        continue;
      }
      for (int64_t P : {0, 1, 4, 9, 36}) all.push_back(make_case({P, 40, 4, pixels, y, P != 4}));
      all.push_back(make_case({8, 33, 14, pixels, y}));
      all.push_back(make_case({250, 248, 4, pixels, y}));
      for (int64_t P : {63, 64, 65, 127, 129}) all.push_back(make_case({P, P + 1, 4, pixels, y}));
      all.push_back(make_case({256, 768, 14, pixels, y}, true));
      all.push_back(make_case({1024, 1536, 14, pixels, y}, true));
    }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::PatchEmbed, .check = check, .cost = cost, .reference = reference, .cases = cases)
