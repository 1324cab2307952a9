// Any dtype, any strides; the angles of a row once for all its heads.
#include <vector>

#include "rotation.h"

namespace glimpse {
namespace {

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
  const int64_t rows = a.q_in.shape[0], dh = a.q_in.shape[2];
  const DType dtype = a.q_in.dtype;
  rope::check_places(a);
#pragma omp parallel num_threads(ctx.threads)
  {
    const size_t pairs = size_t(rope::pairs(a.rotation));
    std::vector<float> c(pairs), s(pairs), x(size_t(dh) + 1);
#pragma omp for
    for (int64_t m = 0; m < rows; ++m) {
      rope::angles(a.rotation, m, dtype, c.data(), s.data());
      for (int64_t h = 0; h < a.q_in.shape[1]; ++h) {
        cpu::load(a.q_in, m * a.q_in.stride[0] + h * a.q_in.stride[1], a.q_in.stride[2], dh, x.data());
        rotate(x.data(), a.rotation, dtype, c, s);
        cpu::store(a.q, m * a.q.stride[0] + h * a.q.stride[1], a.q.stride[2], dh, x.data());
      }
      const rope::Place place(a, m);
      for (int64_t h = 0; h < a.k_in.shape[1]; ++h) {
        cpu::load(a.k_in, m * a.k_in.stride[0] + h * a.k_in.stride[1], a.k_in.stride[2], dh, x.data());
        rotate(x.data(), a.rotation, dtype, c, s);
        cpu::store(a.k, place.offset(a.k, h), 1, dh, x.data());
        cpu::load(a.v_in, m * a.v_in.stride[0] + h * a.v_in.stride[1], a.v_in.stride[2], dh, x.data());
        cpu::store(a.v, place.offset(a.v, h), 1, dh, x.data());
      }
    }
  }
}

GLIMPSE_VARIANT(op::Rope, .name = "scalar", .run = run);

}  // namespace
}  // namespace glimpse
