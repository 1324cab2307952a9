// Any dtype, any strides; one row per thread at a time.
#include <cmath>
#include <vector>

#include "glimpse/kernels/cpu/rows.h"
#include "glimpse/ops/norm_add_norm.h"

namespace glimpse {
namespace {

void rms(const float* x, const std::vector<float>& weight, int64_t dim, float eps, DType dtype, float* y) {
  double sum = 0;
  for (int64_t c = 0; c < dim; ++c) sum += double(x[c]) * double(x[c]);
  const float scale = 1 / std::sqrt(float(sum / double(dim)) + eps);
  for (int64_t c = 0; c < dim; ++c)
    y[c] = cpu::round_to(dtype, cpu::round_to(dtype, x[c] * scale) * weight[size_t(c)]);
}

void run(const op::NormAddNorm& a, Context& ctx) {
  const int64_t rows = a.x.shape[0], dim = a.x.shape[1];
  const DType dtype = a.x.dtype;
  std::vector<float> post(size_t(dim) + 1), pre(size_t(dim) + 1);
  cpu::load_vector(a.post, post.data()), cpu::load_vector(a.pre, pre.data());
#pragma omp parallel num_threads(ctx.threads)
  {
    std::vector<float> x(size_t(dim) + 1), sum(size_t(dim) + 1);
#pragma omp for
    for (int64_t m = 0; m < rows; ++m) {
      cpu::load_row(a.x, m, x.data()), cpu::load_row(a.residual, m, sum.data());
      rms(x.data(), post, dim, a.eps, dtype, x.data());
      for (size_t c = 0; c < size_t(dim); ++c) sum[c] = cpu::round_to(dtype, sum[c] + x[c]);
      cpu::store_row(a.residual, m, sum.data());
      rms(sum.data(), pre, dim, a.eps, dtype, x.data());
      cpu::store_row(a.y, m, x.data());
    }
  }
}

GLIMPSE_VARIANT(op::NormAddNorm, .name = "scalar", .run = run);

}  // namespace
}  // namespace glimpse
