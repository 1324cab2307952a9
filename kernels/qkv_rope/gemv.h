// Few activation rows: chunks of all three weights are handed out in one go, then the rows are rotated, so that threads
// meet twice instead of four times. Same bits as three gemv and a rope.
#pragma once
#include <omp.h>

#include "kernels/linear/gemv.h"
#include "kernels/rope/rows.h"
#include "parts.h"

namespace glimpse::qkv_rope {

inline void gemv(const op::QkvRope& a, Context& ctx, linear::DotRows bf16_rows, linear::DotRows f32_rows,
                 const rope::Kernels& kernels) {
  const Parts p(a, static_cast<char*>(ctx.workspace.take(scratch_bytes(a))));
  rope::check_places(p.rope);
  const cpu::F32Rows x = cpu::widen(a.x, ctx);
  const linear::Gemv q(p.q, x, bf16_rows, f32_rows), k(p.k, x, bf16_rows, f32_rows), v(p.v, x, bf16_rows, f32_rows);
#pragma omp parallel num_threads(ctx.threads)
  {
#pragma omp for schedule(dynamic, 1)
    for (int64_t c = 0; c < q.chunks + k.chunks + v.chunks; ++c) {
      if (c < q.chunks) q.run(c);
      else if (c < q.chunks + k.chunks) k.run(c - q.chunks);
      else v.run(c - q.chunks - k.chunks);
    }
#pragma omp for
    for (int64_t m = 0; m < a.x.shape[0]; ++m) rope::one_row(p.rope, m, kernels);
  }
}

inline bool gemv_rejects(const op::QkvRope& a, const DeviceInfo& info, Reason& reason) {
  return linear::too_many_rows(a.x, reason) || rope::rejects(Parts(a, nullptr).rope, info, reason);
}
inline size_t gemv_workspace(const op::QkvRope& a, Context&) { return scratch_bytes(a) + cpu::widen_bytes(a.x); }

}  // namespace glimpse::qkv_rope
