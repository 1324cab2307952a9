// The sequences of an attention call, read and checked on the host.
#pragma once
#include <algorithm>
#include <vector>

#include "glimpse/ops/attention.h"

namespace glimpse::cpu {

struct Sequence {
  int64_t first, last;  // rows of q
  int64_t slot, start, keys;

  // Offset of a key's row.
  int64_t key(const TensorView& t, int64_t head, int64_t j) const {
    return slot * t.stride[0] + head * t.stride[1] + (start + j) * t.stride[2];
  }
  // Keys row m sees: causal is aligned at the bottom right.
  int64_t visible(const op::Attention& a, int64_t m) const {
    return a.causal ? std::max<int64_t>(keys - (last - 1 - m), 0) : keys;
  }
};

inline std::vector<Sequence> sequences(const op::Attention& a) {
  const auto at = [](const TensorView& t, int64_t b) {
    return t ? int64_t(static_cast<const int32_t*>(t.data)[b * t.stride[0]]) : 0;
  };
  std::vector<Sequence> all;
  for (int64_t b = 0; b + 1 < a.q_offsets.shape[0]; ++b) {
    const Sequence s{at(a.q_offsets, b), at(a.q_offsets, b + 1), at(a.kv_slot, b), at(a.kv_start, b), at(a.kv_len, b)};
    GLIMPSE_CHECK(0 <= s.first && s.first <= s.last && s.last <= a.q.shape[0] && s.slot >= 0 &&
                      s.slot < a.k.shape[0] && s.start >= 0 && s.keys >= 0 && s.start + s.keys <= a.k.shape[2],
                  "attention: sequence %lld has rows %lld..%lld of %lld and keys %lld..%lld of slot %lld, in %lld "
                  "slots of %lld", (long long)b, (long long)s.first, (long long)s.last, (long long)a.q.shape[0],
                  (long long)s.start, (long long)(s.start + s.keys), (long long)s.slot, (long long)a.k.shape[0],
                  (long long)a.k.shape[2]);
    GLIMPSE_CHECK(s.last - s.first <= a.max_q && s.keys <= a.max_kv,
                  "attention: sequence %lld has %lld rows and %lld keys, the bounds given are %d and %d", (long long)b,
                  (long long)(s.last - s.first), (long long)s.keys, a.max_q, a.max_kv);
    all.push_back(s);
  }
  return all;
}

}  // namespace glimpse::cpu
