// Oracle of rope: spec 7.4 (half_split_2d), 8.2 (interleaved_3d) and 10.
#include "glimpse/core/contract.h"
#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/ops/rope.h"

namespace glimpse {
namespace {

int axes_of(const op::Rotation& r) { return r.style == op::RopeStyle::half_split_2d ? 2 : 3; }

void check_rotation(const op::Rotation& r, int64_t rows, int64_t dh) {
  contract::integers("rope", "pos", r.pos, {rows, axes_of(r)});
  contract::dtype("rope", "inv_freq", r.inv_freq, DType::f32);
  GLIMPSE_CHECK(r.inv_freq.rank == 1, "rope: inv_freq must be a vector, its rank is %d", r.inv_freq.rank);
  const int64_t n = r.inv_freq.shape[0];
  if (r.style == op::RopeStyle::half_split_2d) {
    GLIMPSE_CHECK(dh % 4 == 0 && n == dh / 4, "rope: a head of %lld needs %lld frequencies, got %lld", (long long)dh,
                  (long long)dh / 4, (long long)n);
    return;
  }
  const int sum = r.sections[0] + r.sections[1] + r.sections[2];
  GLIMPSE_CHECK(r.sections[0] >= 0 && r.sections[1] >= 0 && r.sections[2] >= 0 && sum == n && 2 * n <= dh,
                "rope: sections %d, %d, %d must add up to the %lld frequencies, twice of which fit a head of %lld",
                r.sections[0], r.sections[1], r.sections[2], (long long)n, (long long)dh);
}

void check(const op::Rope& a) {
  const char* op = a.kName;
  contract::activation(op, "q_in", a.q_in);
  GLIMPSE_CHECK(a.q_in.rank == 3 && a.k_in.rank == 3 && a.k.rank == 4, "rope: q_in, k_in, k must have ranks 3, 3, 4");
  const int64_t rows = a.q_in.shape[0], dh = a.q_in.shape[2], kv = a.k_in.shape[1];
  const DType t = a.q_in.dtype;
  contract::dtype(op, "q", a.q, t), contract::shape(op, "q", a.q, {rows, a.q_in.shape[1], dh});
  contract::dtype(op, "k_in", a.k_in, t), contract::shape(op, "k_in", a.k_in, {rows, kv, dh});
  contract::dtype(op, "v_in", a.v_in, t), contract::shape(op, "v_in", a.v_in, {rows, kv, dh});
  contract::activation(op, "k", a.k), contract::shape(op, "k", a.k, {a.k.shape[0], kv, a.k.shape[2], dh});
  contract::dtype(op, "v", a.v, a.k.dtype), contract::shape(op, "v", a.v, {a.k.shape[0], kv, a.k.shape[2], dh});
  contract::contiguous_rows(op, "k", a.k), contract::contiguous_rows(op, "v", a.v);
  if (a.slot) contract::integers(op, "slot", a.slot, {rows});
  if (a.index) contract::integers(op, "index", a.index, {rows});
  GLIMPSE_CHECK(a.index || rows <= a.k.shape[2], "rope: %lld rows do not fit a capacity of %lld", (long long)rows,
                (long long)a.k.shape[2]);
  check_rotation(a.rotation, rows, dh);
}

Cost cost(const op::Rope& a) {
  const double elements = double(a.q_in.numel() + a.k_in.numel());
  return {3 * elements, double(2 * (a.q_in.bytes() + 2 * a.k_in.bytes()))};
}

// One head, rotated. The model computes angles in f32 whatever the precision: exact uses the f32 angle's own cos and
// sin.
std::vector<double> rotated(std::vector<double> x, const op::Rotation& r, int64_t m, bool exact, DType dtype) {
  const oracle::Rounder round{exact, dtype};
  const bool split = r.style == op::RopeStyle::half_split_2d;
  const int64_t n = r.inv_freq.shape[0], pairs = split ? 2 * n : n;
  for (int64_t i = 0; i < pairs; ++i) {
    const int64_t axis = split ? i / n : i < r.sections[0] ? 0 : i < r.sections[0] + r.sections[1] ? 1 : 2;
    const auto angle = double(float(oracle::get(r.pos, m, axis)) * float(oracle::get(r.inv_freq, split ? i % n : i)));
    double c = round.f32(std::cos(angle)), s = round.f32(std::sin(angle));
    double& a = x[size_t(split ? i : 2 * i)];
    double& b = x[size_t(split ? i + pairs : 2 * i + 1)];
    const double a0 = a, b0 = b;
    if (split) {
      a = round(round.f32(round.f32(a0 * c) - round.f32(b0 * s)));
      b = round(round.f32(round.f32(b0 * c) + round.f32(a0 * s)));
    } else {
      c = round(c), s = round(s);
      a = round(round(a0 * c) - round(b0 * s));
      b = round(round(b0 * c) + round(a0 * s));
    }
  }
  return x;
}

void reference(const op::Rope& a, bool exact) {
  const DType t = a.q_in.dtype;
  for (int64_t m = 0; m < a.q_in.shape[0]; ++m) {
    for (int64_t h = 0; h < a.q_in.shape[1]; ++h) {
      const auto q = rotated(oracle::row(a.q_in, m, h, 0), a.rotation, m, exact, t);
      for (size_t d = 0; d < q.size(); ++d) oracle::set(a.q, q[d], m, h, int64_t(d));
    }
    const auto slot = int64_t(a.slot ? oracle::get(a.slot, m) : 0);
    const auto index = int64_t(a.index ? oracle::get(a.index, m) : double(m));
    for (int64_t h = 0; h < a.k_in.shape[1]; ++h) {
      const auto k = rotated(oracle::row(a.k_in, m, h, 0), a.rotation, m, exact, t), v = oracle::row(a.v_in, m, h, 0);
      for (size_t d = 0; d < k.size(); ++d) {
        oracle::set(a.k, k[d], slot, h, index, int64_t(d));
        oracle::set(a.v, v[d], slot, h, index, int64_t(d));
      }
    }
  }
}

struct Shape {
  int64_t rows, heads, kv, dh;
  bool vision, scattered;
  int top;  // positions below
};

Case<op::Rope> make_case(Shape s, DType t) {
  char label[128];
  std::snprintf(label, sizeof label, "M=%lld,H=%lld,KV=%lld,dh=%lld,%s,%s%s,top=%d", (long long)s.rows,
                (long long)s.heads, (long long)s.kv, (long long)s.dh, s.vision ? "half_split_2d" : "interleaved_3d",
                name_of(t), s.scattered ? ",scattered" : "", s.top);
  return {label, [=](Maker& m) {
            op::Rope a;
            a.q_in = m.tensor(t, {s.rows, s.heads, s.dh});
            a.k_in = m.tensor(t, {s.rows, s.kv, s.dh}), a.v_in = m.tensor(t, {s.rows, s.kv, s.dh});
            const int64_t axes = s.vision ? 2 : 3, n = s.dh / 4;
            std::vector<int32_t> pos, slot, index;
            for (int64_t i = 0; i < s.rows * axes; ++i) pos.push_back(int32_t(m.random() % uint64_t(s.top)));
            for (int64_t i = 0; i < s.rows; ++i) slot.push_back(int32_t(i % 2)), index.push_back(int32_t(i + 3));
            a.rotation.style = s.vision ? op::RopeStyle::half_split_2d : op::RopeStyle::interleaved_3d;
            a.rotation.sections[0] = int(n / 4);
            a.rotation.sections[1] = int(n - n / 4) / 2;
            a.rotation.sections[2] = int(n) - a.rotation.sections[0] - a.rotation.sections[1];
            a.rotation.pos = m.integers({s.rows, axes}, pos);
            a.rotation.inv_freq = m.tensor(DType::f32, {n}, {Fill::Kind::uniform, 1e-4, 1});
            a.q = m.output(t, {s.rows, s.heads, s.dh});
            a.k = m.tensor(t, {2, s.kv, s.rows + 5, s.dh}), a.v = m.tensor(t, {2, s.kv, s.rows + 5, s.dh});
            if (s.scattered) a.slot = m.integers({s.rows}, slot), a.index = m.integers({s.rows}, index);
            return a;
          }};
}

std::vector<Case<op::Rope>> cases(uint64_t seed) {
  std::vector<Case<op::Rope>> all;
  for (DType t : {DType::f32, DType::bf16})
    for (bool vision : {false, true}) {
      if (seed) {
        all.push_back(make_case({int64_t(seed % 19) + 1, 4, 2, int64_t(seed / 19 % 9 + 1) * 16, vision, true, 99}, t));
        continue;
      }
      for (int64_t rows : {0, 1, 2, 7, 8, 9, 16, 17})
        for (bool scattered : {false, true}) all.push_back(make_case({rows, 4, 2, 128, vision, scattered, 60}, t));
      for (int64_t dh : {16, 32, 64}) all.push_back(make_case({3, 4, 1, dh, vision, true, 60}, t));
      all.push_back(make_case({5, 16, 1, 128, vision, true, 65536}, t));
      all.push_back(make_case(vision ? Shape{6912, 12, 12, 128, true, false, 96} : Shape{1744, 32, 2, 128, false, false,
                                                                                         1744}, t));
      all.back().bench = true, all.back().test = false;
    }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::Rope, .check = glimpse::check, .cost = glimpse::cost, .reference = glimpse::reference,
           .cases = glimpse::cases)
