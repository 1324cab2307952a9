// Oracle of sample: spec 9.2, by full sorts. Its f32 arithmetic and Philox are part of the contract (equal tokens on
// every device), so both precisions of the oracle are the same.
#include <algorithm>
#include <numeric>
#include <set>

#include "glimpse/core/contract.h"
#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/core/philox.h"
#include "glimpse/ops/sample.h"

namespace glimpse {
namespace {

void check(const op::Sample& a) {
  const char* op = a.kName;
  contract::activation(op, "logits", a.logits);
  GLIMPSE_CHECK(a.logits.rank == 2 && a.logits.shape[1] > 0 && a.logits.shape[1] <= (1 << 22),
                "sample: logits must be a matrix of 1 to 4194304 columns, not of rank %d", a.logits.rank);
  const int64_t batch = a.logits.shape[0];
  contract::integers(op, "token", a.token, {batch});
  GLIMPSE_CHECK(bool(a.history) == bool(a.history_len), "sample: history and history_len come together");
  if (a.history) {
    GLIMPSE_CHECK(a.history.rank == 2, "sample: history must be a matrix, its rank is %d", a.history.rank);
    contract::integers(op, "history", a.history, {batch, a.history.shape[1]});
    contract::integers(op, "history_len", a.history_len, {batch});
  }
  if (a.stream) contract::integers(op, "stream", a.stream, {batch});
  if (a.step) contract::integers(op, "step", a.step, {batch});
  if (a.probs) contract::shape(op, "probs", a.probs, {batch, a.logits.shape[1]});
  GLIMPSE_CHECK(a.repetition_penalty > 0, "sample: repetition_penalty must be positive, it is %g",
                double(a.repetition_penalty));
  if (!a.do_sample) return;
  GLIMPSE_CHECK(a.temperature > 0, "sample: temperature must be positive, it is %g (0 is greedy: do not sample)",
                double(a.temperature));
  GLIMPSE_CHECK(a.top_k >= 0, "sample: top_k must not be negative, it is %d", a.top_k);
  GLIMPSE_CHECK(a.top_p >= 0, "sample: top_p must not be negative, it is %g", a.top_p);
  GLIMPSE_CHECK(a.min_p >= 0 && a.min_p <= 1, "sample: min_p must lie between 0 and 1, it is %g", double(a.min_p));
}

Cost cost(const op::Sample& a) {
  return {2.0 * double(a.logits.numel()), double(a.logits.bytes() + (a.probs ? a.probs.bytes() : 0))};
}

// Mass in steps of 2^-40 of the largest token's: integer sums do not depend on their order.
uint64_t mass(float weight) { return uint64_t(double(weight) * 1099511627776.0); }

std::vector<float> penalised(const op::Sample& a, int64_t b) {
  const auto row = oracle::row(a.logits, b, 0);
  std::vector<float> s(row.begin(), row.end());
  std::set<int64_t> seen;
  if (a.history)
    for (int64_t i = 0; i < int64_t(oracle::get(a.history_len, b)); ++i)
      seen.insert(int64_t(oracle::get(a.history, b, i)));
  for (int64_t id : seen) {
    float& v = s[size_t(id)];
    v = v < 0 ? v * a.repetition_penalty : v / a.repetition_penalty;
  }
  return s;
}

// Weights relative to the largest; zero where a token is cut.
std::vector<float> weights(const op::Sample& a, std::vector<float> s) {
  const size_t n = s.size();
  if (a.do_sample)
    for (float& v : s) v = v / a.temperature;
  std::vector<size_t> order(n);  // ascending, among equals the lowest id first
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t i, size_t j) { return s[i] < s[j]; });
  const float top = s[order.back()];
  std::vector<float> w(n);
  for (size_t i = 0; i < n; ++i) w[i] = s[i] == top ? 1 : exp_same(s[i] - top);
  if (!a.do_sample) return w;
  if (a.top_k > 0 && size_t(a.top_k) < n) {
    const float least = s[order[n - size_t(a.top_k)]];
    for (size_t i = 0; i < n; ++i)
      if (s[i] < least) w[i] = 0;
  }
  if (a.top_p < 1) {
    uint64_t total = 0, sum = 0;
    for (float v : w) total += mass(v);
    const auto cut = uint64_t(double(float(1 - a.top_p)) * double(total));
    for (size_t r = 0; r + 1 < n; ++r) {
      sum += mass(w[order[r]]);
      if (sum > cut) break;
      w[order[r]] = 0;
    }
  }
  for (float& v : w)
    if (v < a.min_p) v = 0;
  return w;
}

void reference(const op::Sample& a, bool) {
  for (int64_t b = 0; b < a.logits.shape[0]; ++b) {
    const auto s = penalised(a, b);
    const auto w = weights(a, s);
    const auto stream = uint32_t(a.stream ? oracle::get(a.stream, b) : double(b));
    const auto step = uint32_t(a.step ? oracle::get(a.step, b) : 0);
    size_t best = 0;
    float best_key = -INFINITY;
    uint64_t total = 0;
    for (size_t i = 0; i < w.size(); ++i) {
      total += mass(w[i]);
      if (w[i] == 0) continue;
      const float key = a.do_sample ? w[i] / exponential(a.seed, stream, step, uint32_t(i)) : s[i];
      if (key > best_key) best = i, best_key = key;
    }
    oracle::set(a.token, double(best), b);
    if (!a.probs) continue;
    const float unit = float(double(total) / 1099511627776.0);
    for (size_t i = 0; i < w.size(); ++i) oracle::set(a.probs, double(w[i] / unit), b, int64_t(i));
  }
}

struct Setting {
  bool sample;
  float temperature;
  double top_p;
  float min_p, penalty;
  int top_k;
};

// ties: five different logits only.
Case<op::Sample> make_case(int64_t batch, int64_t vocabulary, Setting s, DType t, bool probs, bool ties = false) {
  char label[128];
  std::snprintf(label, sizeof label, "B=%lld,V=%lld,%s,T=%g,p=%g,min=%g,r=%g,k=%d,%s%s", (long long)batch,
                (long long)vocabulary, s.sample ? "draw" : "greedy", double(s.temperature), s.top_p,
                double(s.min_p), double(s.penalty), s.top_k, name_of(t), ties ? ",ties" : "");
  return {label, [=](Maker& m) {
            op::Sample a;
            std::vector<int32_t> ids, lengths, step;
            for (int64_t b = 0; b < batch; ++b) {
              for (int i = 0; i < 9; ++i) ids.push_back(int32_t(m.random() % uint64_t(vocabulary)));
              lengths.push_back(int(b % 10)), step.push_back(int(3 * b));
            }
            a.logits = m.tensor(t, {batch, vocabulary},
                                ties ? Fill{Fill::Kind::integers, -2, 3} : Fill{Fill::Kind::normal, 3, 0});
            a.history = m.integers({batch, 9}, ids), a.history_len = m.integers({batch}, lengths);
            a.step = m.integers({batch}, step), a.token = m.output(DType::i32, {batch});
            if (probs) a.probs = m.output(DType::f32, {batch, vocabulary});
            a.do_sample = s.sample, a.temperature = s.temperature, a.top_p = s.top_p, a.min_p = s.min_p;
            a.repetition_penalty = s.penalty, a.top_k = s.top_k, a.seed = m.random();
            return a;
          }};
}

std::vector<Case<op::Sample>> cases(uint64_t seed) {
  const Setting settings[] = {{false, 1, 1, 0, 1, 0},       {false, 1, 1, 0, 1.3f, 0}, {true, 1, 1, 0, 1, 0},
                              {true, 0.8f, 0.6f, 0, 1, 2},  {true, 1.7f, 0.9f, 0, 1.1f, 0},
                              {true, 0.2f, 0.05f, 0, 1, 0}, {true, 1, 1, 0.1f, 1, 10}, {true, 1, 0.9f, 0.02f, 1, 200}};
  std::vector<Case<op::Sample>> all;
  for (DType t : {DType::f32, DType::bf16})
    for (const Setting& s : settings) {
      for (int64_t vocabulary :
           seed ? std::vector<int64_t>{int64_t(seed % 900) + 1} : std::vector<int64_t>{1, 2, 77, 1031})
        all.push_back(make_case(3, vocabulary, s, t, true));
      if (!s.sample) all.push_back(make_case(2, seed ? int64_t(seed % 5000) + 1000 : 5003, s, t, false));
      if (seed) continue;
      for (bool probs : {false, true}) all.push_back(make_case(3, probs ? 1031 : 1029, s, t, probs, true));
      all.push_back(make_case(1, 151552, s, t, false));
      all.back().bench = true, all.back().test = t == DType::f32 && s.top_k == 2;
    }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::Sample, .check = glimpse::check, .cost = glimpse::cost, .reference = glimpse::reference,
           .cases = glimpse::cases, .exact_outputs = true)
