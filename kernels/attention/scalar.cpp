// Any head size, any strides of rows; one (row, head) at a time, keys in order.
#include <algorithm>
#include <cmath>
#include <vector>

#include "glimpse/kernels/cpu/rows.h"
#include "sequence.h"

namespace glimpse {
namespace {

// Eight partial sums, so that the baseline instruction set computes four at once.
float dot(const float* x, const float* y, int64_t n) {
  float lane[8] = {};
  int64_t d = 0;
  for (; d + 8 <= n; d += 8)
    for (int l = 0; l < 8; ++l) lane[l] += x[d + l] * y[d + l];
  float sum = ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));
  for (; d < n; ++d) sum += x[d] * y[d];
  return sum;
}

void one_row(const op::Attention& a, const cpu::Sequence& s, int64_t m, int64_t h, std::vector<float>& p,
             std::vector<float>& rows) {
  const int64_t dh = a.q.shape[2], head = h / (a.q.shape[1] / a.k.shape[1]), count = s.visible(a, m);
  float *q = rows.data(), *row = q + dh, *o = row + dh;
  cpu::load(a.q, m * a.q.stride[0] + h * a.q.stride[1], 1, dh, q);
  std::fill(o, o + dh, 0.f);
  float top = -INFINITY, sum = 0;
  for (int64_t j = 0; j < count; ++j) {
    cpu::load(a.k, s.key(a.k, head, j), 1, dh, row);
    p[size_t(j)] = dot(q, row, dh) * a.scale, top = std::max(top, p[size_t(j)]);
  }
  for (int64_t j = 0; j < count; ++j) {
    const float e = std::exp(p[size_t(j)] - top), rounded = cpu::round_to(a.q.dtype, e);
    sum += e;
    cpu::load(a.v, s.key(a.v, head, j), 1, dh, row);
    for (int64_t d = 0; d < dh; ++d) o[d] += rounded * row[d];
  }
  for (int64_t d = 0; d < dh; ++d) o[d] = sum > 0 ? o[d] / sum : 0;
  cpu::store(a.o, m * a.o.stride[0] + h * a.o.stride[1], 1, dh, o);
}

void run(const op::Attention& a, Context& ctx) {
  const auto sequences = cpu::sequences(a);
  for (const cpu::Sequence& s : sequences) {
    const int64_t heads = a.q.shape[1], items = (s.last - s.first) * heads;
#pragma omp parallel num_threads(ctx.threads)
    {
      std::vector<float> p(size_t(s.keys) + 1), rows(size_t(3 * a.q.shape[2]) + 1);
#pragma omp for schedule(dynamic)
      for (int64_t i = 0; i < items; ++i) one_row(a, s, s.first + i / heads, i % heads, p, rows);
    }
  }
}

GLIMPSE_VARIANT(op::Attention, .name = "scalar", .run = run);

}  // namespace
}  // namespace glimpse
