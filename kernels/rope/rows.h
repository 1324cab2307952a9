// The loop around the head kernels: the angles of a row once for all its heads, rows to threads.
#pragma once
#include "glimpse/kernels/cpu/row_types.h"
#include "rotation.h"

namespace glimpse::rope {

constexpr int64_t kMostHead = 256;

struct Kernels {
  void (*interleaved)(const cpu::In& x, const float* c, const float* s, int64_t n, int64_t dh, const cpu::Out& y);
  void (*halves)(const cpu::In& x, const float* c, const float* s, int64_t n, int64_t dh, const cpu::Out& y);
  void (*copy)(const cpu::In& x, int64_t n, const cpu::Out& y);
};

// The factors of a row: for a pair of halves one each, interleaved for each element, s with the element's sign.
struct Factors {
  float c[kMostHead], s[kMostHead];
  Factors(const op::Rotation& r, int64_t m, DType dtype) {
    angles(r, m, dtype, c, s);
    if (r.style == op::RopeStyle::half_split_2d) return;
    for (int64_t i = pairs(r) - 1; i >= 0; --i) {
      const float cos = c[i], sin = s[i];
      c[2 * i] = c[2 * i + 1] = cos, s[2 * i] = -sin, s[2 * i + 1] = sin;
    }
  }
};

inline cpu::Out at(const TensorView& t, int64_t offset) {
  return {static_cast<char*>(t.data) + offset * size_of(t.dtype), t.dtype == DType::bf16};
}

inline void one_row(const op::Rope& a, int64_t m, const Kernels& kernels) {
  const Factors f(a.rotation, m, a.q_in.dtype);
  const Place place(a, m);
  const bool split = a.rotation.style == op::RopeStyle::half_split_2d;
  const int64_t dh = a.q_in.shape[2], n = split ? dh / 2 : 2 * pairs(a.rotation);
  const auto head = [m](const TensorView& t, int64_t h) { return at(t, m * t.stride[0] + h * t.stride[1]); };
  const auto rotate = [&](const cpu::Out& x, const cpu::Out& y) {
    (split ? kernels.halves : kernels.interleaved)({x.data, x.bf16}, f.c, f.s, n, dh, y);
  };
  for (int64_t h = 0; h < a.q_in.shape[1]; ++h) rotate(head(a.q_in, h), head(a.q, h));
  for (int64_t h = 0; h < a.k_in.shape[1]; ++h) {
    rotate(head(a.k_in, h), at(a.k, place.offset(a.k, h)));
    const cpu::Out v = head(a.v_in, h);
    kernels.copy({v.data, v.bf16}, dh, at(a.v, place.offset(a.v, h)));
  }
}

inline void rows(const op::Rope& a, Context& ctx, const Kernels& kernels) {
  check_places(a);
#pragma omp parallel for num_threads(ctx.threads) if (a.q_in.shape[0] > 1)
  for (int64_t m = 0; m < a.q_in.shape[0]; ++m) one_row(a, m, kernels);
}

inline bool rejects(const op::Rope& a, const DeviceInfo&, Reason& reason) {
  if (a.q_in.shape[2] > kMostHead)
    return reason.set("the head size is %lld; up to %lld are taken", (long long)a.q_in.shape[2], (long long)kMostHead);
  return !cpu::contiguous({&a.q_in, &a.q, &a.k_in, &a.v_in}) &&
         reason.set("the heads are strided along their last dimension");
}

}  // namespace glimpse::rope
