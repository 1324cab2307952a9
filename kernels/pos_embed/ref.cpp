// Oracle of pos_embed: spec 7.3 and 10.
#include <algorithm>

#include "glimpse/core/contract.h"
#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/ops/pos_embed.h"

namespace glimpse {
namespace {

int64_t side_of(const op::PosEmbed& a) { return int64_t(std::lround(std::sqrt(double(a.table.shape[0])))); }

void check(const op::PosEmbed& a) {
  const char* op = a.kName;
  contract::activation(op, "x", a.x), contract::activation(op, "weight", a.weight);
  contract::activation(op, "table", a.table);
  GLIMPSE_CHECK(a.x.rank == 2 && a.table.rank == 2, "pos_embed: x and table must be matrices, not of ranks %d and %d",
                a.x.rank, a.table.rank);
  const int64_t rows = a.x.shape[0], dim = a.x.shape[1];
  contract::shape(op, "weight", a.weight, {dim}), contract::shape(op, "table", a.table, {a.table.shape[0], dim});
  GLIMPSE_CHECK(a.table.shape[0] > 0 && side_of(a) * side_of(a) == a.table.shape[0],
                "pos_embed: a table of %lld rows is not a square", (long long)a.table.shape[0]);
  contract::integers(op, "coords", a.coords, {rows, 4});
  contract::dtype(op, "y", a.y, a.x.dtype), contract::shape(op, "y", a.y, {rows, dim});
  if (!a.normed) return;
  contract::dtype(op, "normed", a.normed, a.x.dtype), contract::shape(op, "normed", a.normed, {rows, dim});
}

Cost cost(const op::PosEmbed& a) {
  const double taps = a.method == op::Interpolation::bicubic ? 40 : 12;
  return {(taps + 5) * double(a.x.numel()), double((a.normed ? 3 : 2) * a.x.bytes() + a.table.bytes())};
}

struct Taps {
  int count;
  int64_t index[4];
  double weight[4];
};

// Coordinates are f32 in the model; the contract's exact value is the polynomial at that f32 coordinate.
Taps taps(double at, double size, int64_t side, op::Interpolation method, const oracle::Rounder& r) {
  const float n = (float(at) + 0.5f) / float(size) * 2 - 1, at_table = ((n + 1) * float(side) - 1) / 2;
  const double s = double(at_table), base = std::floor(s), t = s - base;
  // Every f32 operation of the model rounds: the polynomials cancel, so the roundings show.
  const auto f = [&](double v) { return r.f32(v); };
  const auto c1 = [&](double u) { return f(f(f(f(f(1.25 * u) - 2.25) * u) * u) + 1); };
  const auto c2 = [&](double u) { return f(f(f(f(f(f(-0.75 * u) + 3.75) * u) - 6) * u) + 3); };
  Taps out{};
  const bool cubic = method == op::Interpolation::bicubic;
  out.count = cubic ? 4 : 2;
  for (int k = 0; k < out.count; ++k)
    out.index[k] = std::clamp<int64_t>(int64_t(base) + k - (cubic ? 1 : 0), 0, side - 1);
  if (cubic)
    out.weight[0] = c2(f(t + 1)), out.weight[1] = c1(t), out.weight[2] = c1(f(1 - t)), out.weight[3] = c2(f(2 - t));
  else
    out.weight[0] = r.f32(1 - t), out.weight[1] = t;
  return out;
}

void one_patch(const op::PosEmbed& a, int64_t m, const oracle::Rounder& round) {
  const auto x = oracle::row(a.x, m, 0), weight = oracle::row(a.weight), at = oracle::row(a.coords, m, 0);
  const double mean = oracle::dot(x.data(), x.data(), int64_t(x.size()), round.exact) / double(x.size());
  const double scale = round.f32(1 / std::sqrt(round.f32(round.f32(mean) + double(a.eps))));
  const int64_t side = side_of(a);
  const Taps ty = taps(at[0], at[2], side, a.method, round), tx = taps(at[1], at[3], side, a.method, round);
  for (size_t c = 0; c < x.size(); ++c) {
    double position = 0;
    for (int j = 0; j < ty.count; ++j) {
      double line = 0;
      for (int k = 0; k < tx.count; ++k) {
        const double tap = oracle::get(a.table, ty.index[j] * side + tx.index[k], int64_t(c));
        line = round.f32(line + round.f32(tx.weight[k] * tap));
      }
      position = round.f32(position + round.f32(ty.weight[j] * line));
    }
    const double normed = round(round(round.f32(x[c] * scale)) * weight[c]);
    if (a.normed) oracle::set(a.normed, normed, m, int64_t(c));
    oracle::set(a.y, round(normed + round(position)), m, int64_t(c));
  }
}

void reference(const op::PosEmbed& a, bool exact) {
  for (int64_t m = 0; m < a.x.shape[0]; ++m) one_patch(a, m, {exact, a.x.dtype});
}

Case<op::PosEmbed> make_case(int height, int width, int64_t side, int64_t dim, DType t, op::Interpolation method,
                             bool normed) {
  char label[128];
  std::snprintf(label, sizeof label, "grid=%dx%d,side=%lld,D=%lld,%s,%s%s", height, width, (long long)side,
                (long long)dim, name_of(t), method == op::Interpolation::bicubic ? "bicubic" : "bilinear",
                normed ? ",normed" : "");
  return {label, [=](Maker& m) {
            op::PosEmbed a;
            std::vector<int32_t> coords;
            for (int y = 0; y < height; ++y)
              for (int x = 0; x < width; ++x) coords.insert(coords.end(), {y, x, height, width});
            const int64_t rows = int64_t(height) * width;
            a.x = m.tensor(t, {rows, dim}), a.weight = m.tensor(DType::bf16, {dim}, {Fill::Kind::uniform, 0.5, 1.5});
            a.table = m.tensor(DType::bf16, {side * side, dim}), a.coords = m.integers({rows, 4}, coords);
            if (normed) a.normed = m.output(t, {rows, dim});
            a.y = m.output(t, {rows, dim}), a.method = method;
            return a;
          }};
}

std::vector<Case<op::PosEmbed>> cases(uint64_t seed) {
  std::vector<Case<op::PosEmbed>> all;
  for (DType t : {DType::f32, DType::bf16})
    for (auto method : {op::Interpolation::bicubic, op::Interpolation::bilinear}) {
      if (seed) {
        all.push_back(make_case(int(seed % 12) + 1, int(seed / 12 % 30) + 1, 24, int64_t(seed % 70) + 1, t, method,
                                true));
        continue;
      }
      for (auto [height, width] : {std::pair{2, 60}, {6, 10}, {24, 24}, {2, 2}})  // the grids spec 7.3 was checked on
        all.push_back(make_case(height, width, 24, 16, t, method, height == 6));
      all.push_back(make_case(10, 6, 6, 33, t, method, true));
      all.push_back(make_case(1, 3, 1, 8, t, method, false));
      for (int64_t dim : {264, 1536, 2048, 2056}) all.push_back(make_case(2, 4, 5, dim, t, method, dim == 264));
      all.push_back(make_case(0, 4, 5, 16, t, method, true));
      all.push_back(make_case(72, 96, 24, 1536, t, method, false));
      all.back().bench = true, all.back().test = false;
    }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::PosEmbed, .check = glimpse::check, .cost = glimpse::cost, .reference = glimpse::reference,
           .cases = glimpse::cases)
