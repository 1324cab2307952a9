// Selection instead of sorting: the k-th value by a heap of the k largest (a compare a value once they are found), the
// top-p boundary by halving at a median and adding up integer masses, both linear in V. One thread a row, so the bits
// are the same for any number of threads.
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "glimpse/core/philox.h"
#include "glimpse/kernels/cpu/rows.h"
#include "glimpse/ops/sample.h"

namespace glimpse {
namespace {

constexpr double kMassUnit = 1099511627776.0;  // 2^40
uint64_t mass(float weight) { return uint64_t(double(weight) * kMassUnit); }

int32_t integer(const TensorView& t, int64_t b, int32_t absent) {
  return t ? static_cast<const int32_t*>(t.data)[b * t.stride[0]] : absent;
}

void penalise(const op::Sample& a, int64_t b, std::vector<float>& s) {
  if (!a.history || a.repetition_penalty == 1) return;
  const int32_t length = integer(a.history_len, b, 0);
  GLIMPSE_CHECK(length >= 0 && length <= a.history.shape[1], "sample: history_len %d of %lld", length,
                (long long)a.history.shape[1]);
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < length; ++i)
    ids.push_back(static_cast<const int32_t*>(a.history.data)[b * a.history.stride[0] + i * a.history.stride[1]]);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (int32_t id : ids) {
    GLIMPSE_CHECK(id >= 0 && size_t(id) < s.size(), "sample: history holds id %d, the vocabulary has %zu", id,
                  s.size());
    float& v = s[size_t(id)];
    v = v < 0 ? v * a.repetition_penalty : v / a.repetition_penalty;
  }
}

// Drops from `kept` what top-p cuts: the light end up to a mass of 1 - p, among equals the lowest ids first.
void cut_top_p(double top_p, const std::vector<float>& s, const std::vector<float>& w, std::vector<int32_t>& kept) {
  const auto lighter = [&](int32_t i, int32_t j) {
    return s[size_t(i)] != s[size_t(j)] ? s[size_t(i)] < s[size_t(j)] : i < j;
  };
  uint64_t total = 0, below = 0;
  for (int32_t i : kept) total += mass(w[size_t(i)]);
  const auto cut = uint64_t(double(float(1 - top_p)) * double(total));
  auto lo = kept.begin(), hi = kept.end();  // everything before lo is cut, everything from hi on stays
  while (hi - lo > 1 || (hi - lo == 1 && hi != kept.end())) {
    const auto middle = lo + (hi - lo - 1) / 2;
    std::nth_element(lo, middle, hi, lighter);
    uint64_t sum = below;
    for (auto i = lo; i <= middle; ++i) sum += mass(w[size_t(*i)]);
    if (sum > cut)
      hi = middle;
    else
      below = sum, lo = middle + 1;
  }
  kept.erase(kept.begin(), lo);
}

// Ids that survive; w holds their weights relative to the largest.
std::vector<int32_t> survivors(const op::Sample& a, const std::vector<float>& s, std::vector<float>& w) {
  std::vector<int32_t> kept;
  float least = -INFINITY;
  if (a.do_sample && a.top_k > 0 && size_t(a.top_k) < s.size()) {
    std::vector<float> largest(size_t(a.top_k));
    std::partial_sort_copy(s.begin(), s.end(), largest.begin(), largest.end(), std::greater<>());
    least = largest.back();
  }
  const float top = *std::max_element(s.begin(), s.end());
  for (size_t i = 0; i < s.size(); ++i) {
    if (!(s[i] >= least)) continue;
    w[i] = s[i] == top ? 1 : exp_same(s[i] - top);
    kept.push_back(int32_t(i));
  }
  if (a.do_sample && a.top_p < 1) cut_top_p(a.top_p, s, w, kept);
  return kept;
}

void one_row(const op::Sample& a, int64_t b) {
  std::vector<float> s(size_t(a.logits.shape[1]));
  cpu::load_row(a.logits, b, s.data());
  GLIMPSE_CHECK(std::none_of(s.begin(), s.end(), [](float v) { return std::isnan(v); }),
                "sample: row %lld of the logits holds NaN; look for the first op that gives one with glimpse parity",
                (long long)b);
  penalise(a, b, s);
  auto* token = static_cast<int32_t*>(a.token.data) + b * a.token.stride[0];
  *token = int32_t(std::max_element(s.begin(), s.end()) - s.begin());
  if (!a.do_sample && !a.probs) return;
  if (a.do_sample)
    for (float& v : s) v = v / a.temperature;
  std::vector<float> w(s.size());
  std::vector<int32_t> kept = survivors(a, s, w);
  if (a.do_sample) {
    std::erase_if(kept, [&](int32_t i) { return w[size_t(i)] < a.min_p; });
    const auto stream = uint32_t(integer(a.stream, b, int32_t(b))), step = uint32_t(integer(a.step, b, 0));
    float best = -INFINITY;
    for (int32_t i : kept) {
      const float key = w[size_t(i)] / exponential(a.seed, stream, step, uint32_t(i));
      if (w[size_t(i)] > 0 && (key > best || (key == best && i < *token))) best = key, *token = i;
    }
  }
  if (!a.probs) return;
  uint64_t total = 0;
  for (int32_t i : kept) total += mass(w[size_t(i)]);
  std::fill(s.begin(), s.end(), 0.f);
  for (int32_t i : kept) s[size_t(i)] = w[size_t(i)] / float(double(total) / kMassUnit);
  cpu::store_row(a.probs, b, s.data());
}

void run(const op::Sample& a, Context&) {
  for (int64_t b = 0; b < a.logits.shape[0]; ++b) one_row(a, b);
}

GLIMPSE_VARIANT(op::Sample, .name = "select", .run = run);

}  // namespace
}  // namespace glimpse
