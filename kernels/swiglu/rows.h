// The loop around a row kernel: rows to threads.
#pragma once
#include "glimpse/kernels/cpu/row_types.h"
#include "glimpse/ops/swiglu.h"

namespace glimpse::swiglu {

using Row = void (*)(const cpu::In& gate, const cpu::In& up, int64_t n, const cpu::Out& y);

inline void rows(const op::Swiglu& a, Context& ctx, Row row) {
  const int64_t n = a.y.shape[1];
#pragma omp parallel for num_threads(ctx.threads) if (a.y.shape[0] > 1)
  for (int64_t m = 0; m < a.y.shape[0]; ++m) row(cpu::in(a.gate, m), cpu::in(a.up, m), n, cpu::row(a.y, m));
}

inline bool rejects(const op::Swiglu& a, const DeviceInfo&, Reason& reason) {
  return !cpu::contiguous({&a.gate, &a.up, &a.y}) && reason.set("the rows are strided along their last dimension");
}

}  // namespace glimpse::swiglu
