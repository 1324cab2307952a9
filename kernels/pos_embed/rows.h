// The loop around a patch kernel: patches to threads.
#pragma once
#include "glimpse/kernels/cpu/row_types.h"
#include "taps.h"

namespace glimpse::pos_embed {

using Row = void (*)(const cpu::In& x, const cpu::In& weight, const cpu::In* tap, const float* wy, const float* wx,
                     int count, int64_t n, float eps, const cpu::Out* normed, const cpu::Out& y);

inline void rows(const op::PosEmbed& a, Context& ctx, Row row) {
  const int64_t side = table_side(a);
#pragma omp parallel for num_threads(ctx.threads)
  for (int64_t m = 0; m < a.x.shape[0]; ++m) {
    const PatchTaps taps(a, m, side);
    const int count = taps.y.count;
    cpu::In tap[16];
    for (int j = 0; j < count; ++j)
      for (int k = 0; k < count; ++k) tap[j * count + k] = cpu::in(a.table, taps.y.index[j] * side + taps.x.index[k]);
    const cpu::Out normed = a.normed ? cpu::row(a.normed, m) : cpu::Out{};
    row(cpu::in(a.x, m), cpu::in(a.weight), tap, taps.y.weight, taps.x.weight, count, a.x.shape[1], a.eps,
        a.normed ? &normed : nullptr, cpu::row(a.y, m));
  }
}

inline bool rejects(const op::PosEmbed& a, const DeviceInfo&, Reason& reason) {
  return !cpu::contiguous({&a.x, &a.weight, &a.table, &a.normed, &a.y}) &&
         reason.set("the rows are strided along their last dimension");
}

}  // namespace glimpse::pos_embed
