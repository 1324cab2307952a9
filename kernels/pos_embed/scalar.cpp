// Any dtype, any strides; one patch per thread at a time.
#include <algorithm>
#include <cmath>
#include <vector>

#include "glimpse/kernels/cpu/rows.h"
#include "glimpse/ops/pos_embed.h"

namespace glimpse {
namespace {

struct Taps {
  int count;
  int64_t index[4];
  float weight[4];
};

float near_weight(float u) { return (1.25f * u - 2.25f) * u * u + 1; }
float far_weight(float u) { return ((-0.75f * u + 3.75f) * u - 6) * u + 3; }

Taps taps(int32_t at, int32_t size, int64_t side, op::Interpolation method) {
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

// sum_j w_j * (sum_k w_k * table[row(j, k)]), the inner sum first.
void sample(const op::PosEmbed& a, const Taps& ty, const Taps& tx, int64_t side, float* line, float* tap, float* out) {
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
  const int64_t rows = a.x.shape[0], side = std::lround(std::sqrt(double(a.table.shape[0])));
  const size_t dim = size_t(a.x.shape[1]);
  std::vector<float> weight(dim + 1);
  cpu::load_vector(a.weight, weight.data());
#pragma omp parallel num_threads(ctx.threads)
  {
    std::vector<float> x(dim + 1), line(dim + 1), tap(dim + 1), position(dim + 1);
#pragma omp for
    for (int64_t m = 0; m < rows; ++m) {
      int32_t at[4];
      for (int i = 0; i < 4; ++i)
        at[i] = static_cast<const int32_t*>(a.coords.data)[m * a.coords.stride[0] + i * a.coords.stride[1]];
      const Taps ty = taps(at[0], at[2], side, a.method), tx = taps(at[1], at[3], side, a.method);
      sample(a, ty, tx, side, line.data(), tap.data(), position.data());
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
