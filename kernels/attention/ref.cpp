// Oracle of attention: spec 8.1, 8.4 and 10 ("QK^T, SDPA/Flash").
#include <algorithm>

#include "glimpse/core/contract.h"
#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/ops/attention.h"

namespace glimpse {
namespace {

void check(const op::Attention& a) {
  const char* op = a.kName;
  contract::activation(op, "q", a.q), contract::activation(op, "k", a.k);
  GLIMPSE_CHECK(a.q.rank == 3 && a.k.rank == 4, "attention: q and k must have ranks 3 and 4, not %d and %d", a.q.rank,
                a.k.rank);
  const int64_t kv = a.k.shape[1], dh = a.q.shape[2];
  contract::dtype(op, "v", a.v, a.k.dtype), contract::dtype(op, "o", a.o, a.q.dtype);
  contract::shape(op, "k", a.k, {a.k.shape[0], kv, a.k.shape[2], dh});
  contract::shape(op, "v", a.v, {a.k.shape[0], kv, a.k.shape[2], dh});
  contract::shape(op, "o", a.o, {a.q.shape[0], a.q.shape[1], dh});
  for (auto [name, t] : {std::pair{"q", &a.q}, {"k", &a.k}, {"v", &a.v}, {"o", &a.o}})
    contract::contiguous_rows(op, name, *t);
  GLIMPSE_CHECK(kv > 0 && a.q.shape[1] % kv == 0, "attention: %lld query heads do not divide among %lld kv heads",
                (long long)a.q.shape[1], (long long)kv);
  GLIMPSE_CHECK(a.q_offsets && a.q_offsets.rank == 1 && a.q_offsets.shape[0] > 0,
                "attention: q_offsets must be a vector of one more than the sequences");
  const int64_t batch = a.q_offsets.shape[0] - 1;
  contract::integers(op, "q_offsets", a.q_offsets, {batch + 1}), contract::integers(op, "kv_len", a.kv_len, {batch});
  if (a.kv_slot) contract::integers(op, "kv_slot", a.kv_slot, {batch});
  if (a.kv_start) contract::integers(op, "kv_start", a.kv_start, {batch});
  GLIMPSE_CHECK(a.max_q >= 0 && a.max_kv >= 0, "attention: max_q %d and max_kv %d are bounds", a.max_q, a.max_kv);
}

// From the host-side bounds: the lengths may lie in device memory.
Cost cost(const op::Attention& a) {
  const double rows = double(a.q.shape[0]), heads = double(a.q.shape[1]), dh = double(a.q.shape[2]);
  const double keys = a.causal ? std::max(a.max_kv - 0.5 * (a.max_q - 1), 0.0) : double(a.max_kv);
  const double batch = double(a.q_offsets.shape[0] - 1);
  return {4 * rows * heads * keys * dh,
          2.0 * double(a.q.bytes()) + batch * a.max_kv * 2.0 * double(a.k.shape[1]) * dh * size_of(a.k.dtype)};
}

struct Keys {
  int64_t slot, head, start, count;
};

void one_row(const op::Attention& a, int64_t m, int64_t h, const Keys& keys, bool exact) {
  const oracle::Rounder round{exact, a.q.dtype};
  const auto q = oracle::row(a.q, m, h, 0);
  const auto dh = int64_t(q.size());
  std::vector<double> p, weights, ones(size_t(keys.count), 1), values;
  for (int64_t j = 0; j < keys.count; ++j) {
    const auto k = oracle::row(a.k, keys.slot, keys.head, keys.start + j, 0);
    p.push_back(round.f32(oracle::dot(q.data(), k.data(), dh, exact) * double(a.scale)));
  }
  const double top = p.empty() ? 0 : *std::max_element(p.begin(), p.end());
  for (double& e : p) e = round.f32(std::exp(round.f32(e - top))), weights.push_back(round(e));
  const double sum = oracle::dot(p.data(), ones.data(), keys.count, exact);
  for (int64_t d = 0; d < dh; ++d) {
    values.clear();
    for (int64_t j = 0; j < keys.count; ++j)
      values.push_back(oracle::get(a.v, keys.slot, keys.head, keys.start + j, d));
    const double o = oracle::dot(weights.data(), values.data(), keys.count, exact);
    oracle::set(a.o, sum > 0 ? round(o / sum) : 0, m, h, d);
  }
}

void reference(const op::Attention& a, bool exact) {
  const int64_t group = a.q.shape[1] / a.k.shape[1];
  for (int64_t b = 0; b + 1 < a.q_offsets.shape[0]; ++b) {
    const auto first = int64_t(oracle::get(a.q_offsets, b)), last = int64_t(oracle::get(a.q_offsets, b + 1));
    const auto length = int64_t(oracle::get(a.kv_len, b));
    Keys keys{int64_t(a.kv_slot ? oracle::get(a.kv_slot, b) : 0), 0,
              int64_t(a.kv_start ? oracle::get(a.kv_start, b) : 0), 0};
    for (int64_t m = first; m < last; ++m)
      for (int64_t h = 0; h < a.q.shape[1]; ++h) {
        keys.head = h / group;
        keys.count = a.causal ? std::max<int64_t>(length - (last - 1 - m), 0) : length;
        one_row(a, m, h, keys, exact);
      }
  }
}

struct Setting {
  std::vector<int> rows, lengths;  // of each sequence
  int heads = 4, kv = 2, dh = 64;
  bool causal = false;
  bool packed = false;  // keys of the sequences behind each other in slot 0 (vision), else a slot each
  double magnitude = 1;
};

op::Attention make(const Setting& s, DType t, Maker& m) {
  op::Attention a;
  std::vector<int32_t> offsets{0}, slot, start;
  int total = 0, longest = 0;
  for (size_t b = 0; b < s.rows.size(); ++b) {
    offsets.push_back(offsets.back() + s.rows[b]);
    slot.push_back(s.packed ? 0 : int(s.rows.size() - 1 - b)), start.push_back(s.packed ? total : int(b % 3));
    a.max_q = std::max(a.max_q, s.rows[b]), a.max_kv = std::max(a.max_kv, s.lengths[b]);
    total += s.lengths[b], longest = std::max(longest, s.lengths[b] + 3);
  }
  const auto batch = int64_t(s.rows.size());
  const int64_t slots = s.packed ? 1 : batch, capacity = s.packed ? total + 1 : longest;
  a.q = m.tensor(t, {offsets.back(), s.heads, s.dh}, {Fill::Kind::normal, s.magnitude, 0});
  a.k = m.tensor(t, {slots, s.kv, capacity, s.dh}), a.v = m.tensor(t, {slots, s.kv, capacity, s.dh});
  a.o = m.output(t, {offsets.back(), s.heads, s.dh});
  a.q_offsets = m.integers({batch + 1}, offsets), a.kv_slot = m.integers({batch}, slot);
  a.kv_start = m.integers({batch}, start);
  a.kv_len = m.integers({batch}, std::vector<int32_t>(s.lengths.begin(), s.lengths.end()));
  a.causal = s.causal, a.scale = float(1 / std::sqrt(double(s.dh)));
  return a;
}

Case<op::Attention> make_case(const Setting& s, DType t, bool bench = false) {
  std::string label = "q=";
  for (int n : s.rows) label += std::to_string(n) + "+";
  label.back() = ',', label += "kv=";
  for (int n : s.lengths) label += std::to_string(n) + "+";
  char rest[96];
  std::snprintf(rest, sizeof rest, ",H=%d,KV=%d,dh=%d,%s%s,%s,x%g", s.heads, s.kv, s.dh, s.causal ? "causal" : "full",
                s.packed ? ",packed" : "", name_of(t), s.magnitude);
  label.erase(label.size() - 1);
  return {label + rest, [=](Maker& m) { return make(s, t, m); }, bench, !bench};
}

std::vector<Case<op::Attention>> cases(uint64_t seed) {
  std::vector<Setting> settings;
  if (seed) {
    const int rows = int(seed % 40) + 1;
    settings.push_back({{rows, 3}, {rows + int(seed / 40 % 90), 5}, 4, 2, seed % 2 ? 64 : 128, seed % 3 == 0});
  } else {
    settings = {{{5, 0, 1, 20}, {5, 0, 1, 20}, 3, 3, 64, false, true},     // vision: an empty and a one-patch segment
                {{63, 65}, {63, 65}, 2, 2, 128, false, true},
                {{17, 3}, {17, 30}, 4, 2, 64, true},                       // prefill, and a chunk behind 27 keys
                {{70}, {130}, 2, 1, 128, true},
                {{64}, {64}, 2, 1, 128}, {{127}, {129}, 2, 1, 128},        // around tiles of 64 and 128
                {{129}, {191}, 2, 1, 64, true}, {{65, 2, 128}, {65, 66, 193}, 2, 2, 128, true},
                {{2, 1, 0, 3}, {70, 300, 5, 0}, 8, 2, 64, true},           // decode of several rows, and without keys
                {{4}, {260}, 16, 1, 128, true}, {{1}, {600}, 54, 54, 64, true},
                {{6}, {3}, 2, 1, 64, true},                                // rows that see no key
                {{1}, {0}, 2, 2, 64},                                      // nothing to see
                {{8}, {24}, 4, 4, 64, false, false, 1e4},                  // one score dominates
                {{8}, {24}, 4, 4, 64, false, false, 1e-4},                 // scores all but equal
                {{8}, {24}, 4, 4, 64, false, false, 0},                    // equal
                {{4}, {9}, 4, 2, 16, true}, {{4}, {9}, 2, 2, 20, true}};   // other head sizes
    for (int length : {1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513})
      settings.push_back({{1}, {length}, 16, 1, 128, true});
    settings.push_back({{1, 1, 1}, {7, 300, 64}, 32, 2, 128, true});
  }
  std::vector<Case<op::Attention>> all;
  for (DType t : {DType::f32, DType::bf16}) {
    for (const Setting& s : settings) all.push_back(make_case(s, t));
    if (seed) continue;
    all.push_back(make_case({{1024}, {1024}, 12, 12, 128, false, true}, t, true));
    all.push_back(make_case({{372}, {372}, 32, 2, 128, true}, t, true));
    for (int length : {1024, 8192}) all.push_back(make_case({{1}, {length}, 32, 2, 128, true}, t, true));
  }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::Attention, .check = glimpse::check, .cost = glimpse::cost, .reference = glimpse::reference,
           .cases = glimpse::cases)
