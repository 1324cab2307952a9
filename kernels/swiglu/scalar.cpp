// Any dtype, any strides; one row per thread at a time.
#include <cmath>
#include <vector>

#include "glimpse/kernels/cpu/rows.h"
#include "glimpse/ops/swiglu.h"

namespace glimpse {
namespace {

void run(const op::Swiglu& a, Context& ctx) {
  const int64_t rows = a.y.shape[0], columns = a.y.shape[1];
#pragma omp parallel num_threads(ctx.threads)
  {
    std::vector<float> gate(size_t(columns) + 1), up(size_t(columns) + 1);
#pragma omp for
    for (int64_t m = 0; m < rows; ++m) {
      cpu::load_row(a.gate, m, gate.data()), cpu::load_row(a.up, m, up.data());
      for (size_t c = 0; c < size_t(columns); ++c)
        gate[c] = cpu::round_to(a.y.dtype, gate[c] / (1 + std::exp(-gate[c]))) * up[c];
      cpu::store_row(a.y, m, gate.data());
    }
  }
}

GLIMPSE_VARIANT(op::Swiglu, .name = "scalar", .run = run);

}  // namespace
}  // namespace glimpse
