// Rows of the table and their weights along one axis.
#pragma once
#include <algorithm>
#include <cmath>

#include "glimpse/ops/pos_embed.h"

namespace glimpse::pos_embed {

struct Taps {
  int count;
  int64_t index[4];
  float weight[4];
};

inline float near_weight(float u) { return (1.25f * u - 2.25f) * u * u + 1; }
inline float far_weight(float u) { return ((-0.75f * u + 3.75f) * u - 6) * u + 3; }

inline Taps taps(int32_t at, int32_t size, int64_t side, op::Interpolation method) {
  const float n = (float(at) + 0.5f) / float(size) * 2 - 1, s = ((n + 1) * float(side) - 1) / 2;
  const float base = std::floor(s), t = s - base;
  const bool cubic = method == op::Interpolation::bicubic;
  Taps out{cubic ? 4 : 2, {}, {1 - t, t}};
  if (cubic)
    out.weight[0] = far_weight(t + 1), out.weight[1] = near_weight(t), out.weight[2] = near_weight(1 - t),
    out.weight[3] = far_weight(2 - t);
  for (int k = 0; k < out.count; ++k)
    out.index[k] = std::clamp<int64_t>(int64_t(base) + k - (cubic ? 1 : 0), 0, side - 1);
  return out;
}

struct PatchTaps {
  Taps y, x;
  PatchTaps(const op::PosEmbed& a, int64_t m, int64_t side) {
    int32_t at[4];
    for (int i = 0; i < 4; ++i)
      at[i] = static_cast<const int32_t*>(a.coords.data)[m * a.coords.stride[0] + i * a.coords.stride[1]];
    y = taps(at[0], at[2], side, a.method), x = taps(at[1], at[3], side, a.method);
  }
};

inline int64_t table_side(const op::PosEmbed& a) { return std::lround(std::sqrt(double(a.table.shape[0]))); }

}  // namespace glimpse::pos_embed
