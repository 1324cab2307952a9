// The loop around a row kernel: rows to threads.
#pragma once
#include "glimpse/kernels/cpu/row_types.h"
#include "glimpse/ops/layer_norm_gelu.h"

namespace glimpse::layer_norm_gelu {

using Row = void (*)(const cpu::In& x, const cpu::In& weight, const cpu::In& bias, int64_t n, float eps,
                     const cpu::Out* normed, const cpu::Out& y);

inline void rows(const op::LayerNormGelu& a, Context& ctx, Row row) {
#pragma omp parallel for num_threads(ctx.threads) if (a.x.shape[0] > 1)
  for (int64_t m = 0; m < a.x.shape[0]; ++m) {
    const cpu::Out normed = a.normed ? cpu::row(a.normed, m) : cpu::Out{};
    row(cpu::in(a.x, m), cpu::in(a.weight), cpu::in(a.bias), a.x.shape[1], a.eps, a.normed ? &normed : nullptr,
        cpu::row(a.y, m));
  }
}

inline bool rejects(const op::LayerNormGelu& a, const DeviceInfo&, Reason& reason) {
  return !cpu::contiguous({&a.x, &a.weight, &a.bias, &a.normed, &a.y}) &&
         reason.set("the rows are strided along their last dimension");
}

}  // namespace glimpse::layer_norm_gelu
