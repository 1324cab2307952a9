// Any dtype, any strides; the angles of a row once for all its heads.
#include <cmath>
#include <vector>

#include "glimpse/kernels/cpu/rows.h"
#include "glimpse/ops/rope.h"

namespace glimpse {
namespace {

int32_t integer(const TensorView& t, int64_t at) { return static_cast<const int32_t*>(t.data)[at]; }

void angles(const op::Rotation& r, int64_t m, DType dtype, std::vector<float>& c, std::vector<float>& s) {
  const bool split = r.style == op::RopeStyle::half_split_2d;
  const int64_t n = r.inv_freq.shape[0];
  for (int64_t i = 0; i < int64_t(c.size()); ++i) {
    const int64_t axis = split ? i / n : i < r.sections[0] ? 0 : i < r.sections[0] + r.sections[1] ? 1 : 2;
    const float frequency = static_cast<const float*>(r.inv_freq.data)[(split ? i % n : i) * r.inv_freq.stride[0]];
    const float angle = float(integer(r.pos, m * r.pos.stride[0] + axis * r.pos.stride[1])) * frequency;
    c[size_t(i)] = std::cos(angle), s[size_t(i)] = std::sin(angle);
    if (!split) c[size_t(i)] = cpu::round_to(dtype, c[size_t(i)]), s[size_t(i)] = cpu::round_to(dtype, s[size_t(i)]);
  }
}

void rotate(float* x, const op::Rotation& r, DType dtype, const std::vector<float>& c, const std::vector<float>& s) {
  const size_t pairs = c.size();
  if (r.style == op::RopeStyle::half_split_2d) {
    for (size_t i = 0; i < pairs; ++i) {
      const float a = x[i], b = x[i + pairs];
      x[i] = a * c[i] - b * s[i], x[i + pairs] = b * c[i] + a * s[i];
    }
    return;
  }
  for (size_t i = 0; i < pairs; ++i) {
    const float a = x[2 * i], b = x[2 * i + 1];
    x[2 * i] = cpu::round_to(dtype, a * c[i]) - cpu::round_to(dtype, b * s[i]);
    x[2 * i + 1] = cpu::round_to(dtype, b * c[i]) + cpu::round_to(dtype, a * s[i]);
  }
}

void run(const op::Rope& a, Context& ctx) {
  const int64_t rows = a.q_in.shape[0], dh = a.q_in.shape[2], n = a.rotation.inv_freq.shape[0];
  const DType dtype = a.q_in.dtype;
  for (int64_t m = 0; m < rows; ++m) {
    const int64_t slot = a.slot ? integer(a.slot, m * a.slot.stride[0]) : 0;
    const int64_t index = a.index ? integer(a.index, m * a.index.stride[0]) : m;
    GLIMPSE_CHECK(slot >= 0 && slot < a.k.shape[0] && index >= 0 && index < a.k.shape[2],
                  "rope: row %lld goes to slot %lld, index %lld of a cache of %lld slots of %lld", (long long)m,
                  (long long)slot, (long long)index, (long long)a.k.shape[0], (long long)a.k.shape[2]);
  }
#pragma omp parallel num_threads(ctx.threads)
  {
    const size_t pairs = size_t(a.rotation.style == op::RopeStyle::half_split_2d ? 2 * n : n);
    std::vector<float> c(pairs), s(pairs), x(size_t(dh) + 1);
#pragma omp for
    for (int64_t m = 0; m < rows; ++m) {
      angles(a.rotation, m, dtype, c, s);
      for (int64_t h = 0; h < a.q_in.shape[1]; ++h) {
        cpu::load(a.q_in, m * a.q_in.stride[0] + h * a.q_in.stride[1], a.q_in.stride[2], dh, x.data());
        rotate(x.data(), a.rotation, dtype, c, s);
        cpu::store(a.q, m * a.q.stride[0] + h * a.q.stride[1], a.q.stride[2], dh, x.data());
      }
      const int64_t slot = a.slot ? integer(a.slot, m * a.slot.stride[0]) : 0;
      const int64_t index = a.index ? integer(a.index, m * a.index.stride[0]) : m;
      for (int64_t h = 0; h < a.k_in.shape[1]; ++h) {
        cpu::load(a.k_in, m * a.k_in.stride[0] + h * a.k_in.stride[1], a.k_in.stride[2], dh, x.data());
        rotate(x.data(), a.rotation, dtype, c, s);
        cpu::store(a.k, slot * a.k.stride[0] + h * a.k.stride[1] + index * a.k.stride[2], 1, dh, x.data());
        cpu::load(a.v_in, m * a.v_in.stride[0] + h * a.v_in.stride[1], a.v_in.stride[2], dh, x.data());
        cpu::store(a.v, slot * a.v.stride[0] + h * a.v.stride[1] + index * a.v.stride[2], 1, dh, x.data());
      }
    }
  }
}

GLIMPSE_VARIANT(op::Rope, .name = "scalar", .run = run);

}  // namespace
}  // namespace glimpse
