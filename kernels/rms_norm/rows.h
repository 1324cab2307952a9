// The loop around a row kernel: rows to threads, two passes over a row that stays in the first-level cache.
#pragma once
#include "glimpse/kernels/cpu/row_types.h"
#include "glimpse/ops/rms_norm.h"

namespace glimpse::rms_norm {

using Row = void (*)(const cpu::In& x, const cpu::In& weight, int64_t n, float eps, const cpu::Out& y);

inline void rows(const op::RmsNorm& a, Context& ctx, Row row) {
  const int64_t n = a.x.shape[1];
#pragma omp parallel for num_threads(ctx.threads) if (a.x.shape[0] > 1)
  for (int64_t m = 0; m < a.x.shape[0]; ++m) row(cpu::in(a.x, m), cpu::in(a.weight), n, a.eps, cpu::row(a.y, m));
}

inline bool rejects(const op::RmsNorm& a, const DeviceInfo&, Reason& reason) {
  return !cpu::contiguous({&a.x, &a.weight, &a.y}) && reason.set("the rows are strided along their last dimension");
}

}  // namespace glimpse::rms_norm
