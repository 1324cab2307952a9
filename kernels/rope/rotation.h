// What the CPU variants share: the angles of a row, and where its k and v go.
#pragma once
#include <cmath>

#include "glimpse/kernels/cpu/rows.h"
#include "glimpse/ops/rope.h"

namespace glimpse::rope {

inline int32_t integer(const TensorView& t, int64_t at) { return static_cast<const int32_t*>(t.data)[at]; }

inline int64_t pairs(const op::Rotation& r) {
  return r.style == op::RopeStyle::half_split_2d ? 2 * r.inv_freq.shape[0] : r.inv_freq.shape[0];
}

// cos and sin of row m's angle for each pair, rounded where the style does.
inline void angles(const op::Rotation& r, int64_t m, DType dtype, float* c, float* s) {
  const bool split = r.style == op::RopeStyle::half_split_2d;
  const int64_t n = r.inv_freq.shape[0];
  for (int64_t i = 0; i < pairs(r); ++i) {
    const int64_t axis = split ? i / n : i < r.sections[0] ? 0 : i < r.sections[0] + r.sections[1] ? 1 : 2;
    const float frequency = static_cast<const float*>(r.inv_freq.data)[(split ? i % n : i) * r.inv_freq.stride[0]];
    const float angle = float(integer(r.pos, m * r.pos.stride[0] + axis * r.pos.stride[1])) * frequency;
    c[i] = std::cos(angle), s[i] = std::sin(angle);
    if (!split) c[i] = cpu::round_to(dtype, c[i]), s[i] = cpu::round_to(dtype, s[i]);
  }
}

struct Place {
  int64_t slot, index;
  Place(const op::Rope& a, int64_t m)
      : slot(a.slot ? integer(a.slot, m * a.slot.stride[0]) : 0),
        index(a.index ? integer(a.index, m * a.index.stride[0]) : m) {}
  int64_t offset(const TensorView& t, int64_t head) const {
    return slot * t.stride[0] + head * t.stride[1] + index * t.stride[2];
  }
};

// Throws where a row would be written outside of the cache.
inline void check_places(const op::Rope& a) {
  for (int64_t m = 0; m < a.q_in.shape[0]; ++m) {
    const Place p(a, m);
    GLIMPSE_CHECK(p.slot >= 0 && p.slot < a.k.shape[0] && p.index >= 0 && p.index < a.k.shape[2],
                  "rope: row %lld goes to slot %lld, index %lld of a cache of %lld slots of %lld", (long long)m,
                  (long long)p.slot, (long long)p.index, (long long)a.k.shape[0], (long long)a.k.shape[2]);
  }
}

}  // namespace glimpse::rope
