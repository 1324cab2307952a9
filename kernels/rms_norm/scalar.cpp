// Any dtype, any strides; one row per thread at a time.
#include <cmath>
#include <vector>

#include "glimpse/kernels/cpu/rows.h"
#include "glimpse/ops/rms_norm.h"

namespace glimpse {
namespace {

void run(const op::RmsNorm& a, Context& ctx) {
  const int64_t rows = a.x.shape[0], dim = a.x.shape[1];
  std::vector<float> weight(size_t(dim) + 1);
  cpu::load_vector(a.weight, weight.data());
#pragma omp parallel num_threads(ctx.threads)
  {
    std::vector<float> x(size_t(dim) + 1);
#pragma omp for
    for (int64_t m = 0; m < rows; ++m) {
      cpu::load_row(a.x, m, x.data());
      double sum = 0;
      for (int64_t c = 0; c < dim; ++c) sum += double(x[size_t(c)]) * double(x[size_t(c)]);
      const float scale = 1 / std::sqrt(float(sum / double(dim)) + a.eps);
      for (int64_t c = 0; c < dim; ++c)
        x[size_t(c)] = cpu::round_to(a.x.dtype, x[size_t(c)] * scale) * weight[size_t(c)];
      cpu::store_row(a.y, m, x.data());
    }
  }
}

GLIMPSE_VARIANT(op::RmsNorm, .name = "scalar", .run = run);

}  // namespace
}  // namespace glimpse
