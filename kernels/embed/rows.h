// The loop around a row copy: rows to threads.
#pragma once
#include "glimpse/kernels/cpu/row_types.h"
#include "source.h"

namespace glimpse::embed {

inline void rows(const op::Embed& a, Context& ctx, void (*copy)(const cpu::In& x, int64_t n, const cpu::Out& y)) {
  check_sources(a);
#pragma omp parallel for num_threads(ctx.threads) if (a.y.shape[0] > 1)
  for (int64_t m = 0; m < a.y.shape[0]; ++m) {
    const int64_t row = vision_row(a, m);
    const cpu::In from = row >= 0 ? cpu::in(a.vision, row) : cpu::in(a.table.data, integer(a.ids, m));
    copy(from, a.y.shape[1], cpu::row(a.y, m));
  }
}

inline bool rejects(const op::Embed& a, const DeviceInfo&, Reason& reason) {
  return !cpu::contiguous({&a.table.data, &a.vision, &a.y}) &&
         reason.set("the rows are strided along their last dimension");
}

}  // namespace glimpse::embed
