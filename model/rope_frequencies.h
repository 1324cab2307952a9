// Rotary frequencies as the reference makes them.
#pragma once
#include <cmath>
#include <vector>

namespace glimpse {

// f_i = 1 / theta^(2i / dim) for i < dim / 2, each step rounded to f32 (spec 7.4, 8.2).
inline std::vector<float> rope_frequencies(double theta, int dim) {
  std::vector<float> f(size_t(dim / 2));
  for (int i = 0; i < dim / 2; ++i) f[size_t(i)] = 1.f / float(std::pow(theta, double(float(2 * i) / float(dim))));
  return f;
}

}  // namespace glimpse
