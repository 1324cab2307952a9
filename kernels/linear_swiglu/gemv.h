// Both dot products of a chunk of rows, then silu and the product while the sums are in the cache.
#pragma once
#include "glimpse/ops/linear_swiglu.h"
#include "kernels/linear/gemv.h"

namespace glimpse::linear_swiglu {

using SwigluSums = void (*)(const float* gate, const float* up, int64_t n, bool bf16, void* y);

inline void gemv(const op::LinearSwiglu& a, Context& ctx, linear::DotRows bf16_rows, linear::DotRows f32_rows,
                 SwigluSums activate) {
  const int64_t M = a.x.shape[0], N = a.gate.N, K = a.gate.K;
  const cpu::F32Rows x = cpu::widen(a.x, ctx);
  const linear::DotRows dot = a.gate.data.dtype == DType::bf16 ? bf16_rows : f32_rows;
  const int64_t chunk = linear::gemv_chunk(2 * K * size_of(a.gate.data.dtype)), chunks = (N + chunk - 1) / chunk;
#pragma omp parallel for schedule(dynamic, 1) num_threads(int(std::clamp<int64_t>(chunks, 1, ctx.threads)))
  for (int64_t c = 0; c < chunks; ++c) {
    float gate[linear::kGemvRows * linear::kGemvChunkRows], up[linear::kGemvRows * linear::kGemvChunkRows];
    const int64_t n0 = c * chunk, n = std::min(chunk, N - n0);
    dot(linear::weight_row(a.gate, n0), a.gate.data.stride[0], n, x.data, x.stride, M, K, gate, n);
    dot(linear::weight_row(a.up, n0), a.up.data.stride[0], n, x.data, x.stride, M, K, up, n);
    for (int64_t m = 0; m < M; ++m) {
      void* y = static_cast<char*>(a.y.data) + (m * a.y.stride[0] + n0) * size_of(a.y.dtype);
      activate(gate + m * n, up + m * n, n, a.y.dtype == DType::bf16, y);
    }
  }
}

inline bool gemv_rejects(const op::LinearSwiglu& a, const DeviceInfo&, Reason& reason) {
  return linear::too_many_rows(a.x, reason);
}
inline size_t gemv_workspace(const op::LinearSwiglu& a, Context&) { return cpu::widen_bytes(a.x); }

}  // namespace glimpse::linear_swiglu
