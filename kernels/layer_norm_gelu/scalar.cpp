// Any dtype, any strides; one row per thread at a time.
#include <cmath>
#include <vector>

#include "glimpse/kernels/cpu/rows.h"
#include "glimpse/ops/layer_norm_gelu.h"

namespace glimpse {
namespace {

void normalise(float* x, const std::vector<float>& weight, const std::vector<float>& bias, int64_t dim, float eps) {
  double sum = 0, squares = 0;
  for (int64_t c = 0; c < dim; ++c) sum += double(x[c]);
  const auto mean = float(sum / double(dim));
  for (int64_t c = 0; c < dim; ++c) x[c] -= mean, squares += double(x[c]) * double(x[c]);
  const float scale = 1 / std::sqrt(float(squares / double(dim)) + eps);
  for (int64_t c = 0; c < dim; ++c) x[c] = x[c] * scale * weight[size_t(c)] + bias[size_t(c)];
}

void run(const op::LayerNormGelu& a, Context& ctx) {
  const int64_t rows = a.x.shape[0], dim = a.x.shape[1];
  std::vector<float> weight(size_t(dim) + 1), bias(size_t(dim) + 1);
  cpu::load_vector(a.weight, weight.data()), cpu::load_vector(a.bias, bias.data());
#pragma omp parallel num_threads(ctx.threads)
  {
    std::vector<float> x(size_t(dim) + 1);
#pragma omp for
    for (int64_t m = 0; m < rows; ++m) {
      cpu::load_row(a.x, m, x.data());
      normalise(x.data(), weight, bias, dim, a.eps);
      if (a.normed) cpu::store_row(a.normed, m, x.data());
      for (int64_t c = 0; c < dim; ++c) {
        const float u = cpu::round_to(a.x.dtype, x[size_t(c)]);
        x[size_t(c)] = 0.5f * u * (1 + std::erf(u * 0.70710678118654752f));
      }
      cpu::store_row(a.y, m, x.data());
    }
  }
}

GLIMPSE_VARIANT(op::LayerNormGelu, .name = "scalar", .run = run);

}  // namespace
}  // namespace glimpse
