// The loop around a row kernel: rows to threads, three passes over a row that stays in the first-level cache.
#pragma once
#include "glimpse/kernels/cpu/row_types.h"
#include "glimpse/ops/norm_add_norm.h"

namespace glimpse::norm_add_norm {

using Row = void (*)(const cpu::In& x, const cpu::In& post, const cpu::In& pre, int64_t n, float eps,
                     const cpu::Out& residual, const cpu::Out& y);

inline void rows(const op::NormAddNorm& a, Context& ctx, Row row) {
  const int64_t n = a.x.shape[1];
#pragma omp parallel for num_threads(ctx.threads) if (a.x.shape[0] > 1)
  for (int64_t m = 0; m < a.x.shape[0]; ++m)
    row(cpu::in(a.x, m), cpu::in(a.post), cpu::in(a.pre), n, a.eps, cpu::row(a.residual, m), cpu::row(a.y, m));
}

inline bool rejects(const op::NormAddNorm& a, const DeviceInfo&, Reason& reason) {
  return !cpu::contiguous({&a.x, &a.post, &a.pre, &a.residual, &a.y}) &&
         reason.set("the rows are strided along their last dimension");
}

}  // namespace glimpse::norm_add_norm
