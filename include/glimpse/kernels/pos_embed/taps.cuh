// Rows of the position table and their weights along one axis.
#pragma once

namespace glimpse::kernels {

struct PosTaps {
  int count, index[4];
  float weight[4];
};

// The two pieces of the cubic convolution kernel with A = -0.75, up to 1 and from 1 to 2 away.
inline __device__ float near_weight(float u) { return (1.25f * u - 2.25f) * u * u + 1.f; }
inline __device__ float far_weight(float u) { return ((-0.75f * u + 3.75f) * u - 6.f) * u + 3.f; }

// Those of place `at` of `size` in a table of `side`. The coordinate is the model's to the bit: no operation of it may
// be contracted.
inline __device__ PosTaps pos_taps(int at, int size, int side, bool bicubic) {
  const float n = __fsub_rn(__fdiv_rn(float(at) + 0.5f, float(size)) * 2.f, 1.f);
  const float s = __fsub_rn(__fmul_rn(n + 1.f, float(side)), 1.f) * 0.5f;
  const float base = floorf(s), t = s - base;
  PosTaps out{bicubic ? 4 : 2, {}, {1.f - t, t}};
  if (bicubic)
    out.weight[0] = far_weight(t + 1.f), out.weight[1] = near_weight(t), out.weight[2] = near_weight(1.f - t),
    out.weight[3] = far_weight(2.f - t);
  for (int k = 0; k < 4; ++k) out.index[k] = min(max(int(base) + k - (bicubic ? 1 : 0), 0), side - 1);
  return out;
}

}  // namespace glimpse::kernels
