// Any dtype, any strides; one patch per thread at a time.
#include <algorithm>
#include <cmath>
#include <vector>

#include "glimpse/kernels/cpu/rows.h"
#include "taps.h"

namespace glimpse {
namespace {

// sum_j w_j * (sum_k w_k * table[row(j, k)]), the inner sum first.
void sample(const op::PosEmbed& a, const pos_embed::Taps& ty, const pos_embed::Taps& tx, int64_t side, float* line,
            float* tap, float* out) {
  const int64_t dim = a.x.shape[1];
  std::fill(out, out + dim, 0.f);
  for (int j = 0; j < ty.count; ++j) {
    std::fill(line, line + dim, 0.f);
    for (int k = 0; k < tx.count; ++k) {
      cpu::load_row(a.table, ty.index[j] * side + tx.index[k], tap);
      for (int64_t c = 0; c < dim; ++c) line[c] += tx.weight[k] * tap[c];
    }
    for (int64_t c = 0; c < dim; ++c) out[c] += ty.weight[j] * line[c];
  }
}

void normalise(const op::PosEmbed& a, const float* weight, float* x) {
  const int64_t dim = a.x.shape[1];
  double sum = 0;
  for (int64_t c = 0; c < dim; ++c) sum += double(x[c]) * double(x[c]);
  const float scale = 1 / std::sqrt(float(sum / double(dim)) + a.eps);
  for (int64_t c = 0; c < dim; ++c)
    x[c] = cpu::round_to(a.x.dtype, cpu::round_to(a.x.dtype, x[c] * scale) * weight[c]);
}

void run(const op::PosEmbed& a, Context& ctx) {
  const int64_t rows = a.x.shape[0], side = pos_embed::table_side(a);
  const size_t dim = size_t(a.x.shape[1]);
  std::vector<float> weight(dim + 1);
  cpu::load_vector(a.weight, weight.data());
#pragma omp parallel num_threads(ctx.threads)
  {
    std::vector<float> x(dim + 1), line(dim + 1), tap(dim + 1), position(dim + 1);
#pragma omp for
    for (int64_t m = 0; m < rows; ++m) {
      const pos_embed::PatchTaps taps(a, m, side);
      sample(a, taps.y, taps.x, side, line.data(), tap.data(), position.data());
      cpu::load_row(a.x, m, x.data());
      normalise(a, weight.data(), x.data());
      if (a.normed) cpu::store_row(a.normed, m, x.data());
      for (size_t c = 0; c < dim; ++c) x[c] += cpu::round_to(a.x.dtype, position[c]);
      cpu::store_row(a.y, m, x.data());
    }
  }
}

GLIMPSE_VARIANT(op::PosEmbed, .name = "scalar", .run = run);

}  // namespace
}  // namespace glimpse
