// Weight panels: widened to f32 by the thread that multiplies them, with the library's single-threaded sgemm.
#pragma once
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#include <algorithm>

#include "glimpse/kernels/cpu/activations.h"
#include "kernels/linear/finish.h"

namespace glimpse::linear {

// Rows of a panel: about 1 MB of f32, so that it stays in the second-level cache, 32 to 256.
inline int64_t panel_rows(int64_t K) {
  return std::clamp<int64_t>((int64_t(1) << 20) / std::max<int64_t>(K * 4, 1) / 16 * 16, 32, 256);
}

constexpr int64_t kLeastRows = 16;  // of a product, see panel.cpp

// Activation rows multiplied at once, which bounds the sums of a thread; a rest below kLeastRows joins its block.
constexpr int64_t kBlockRows = 512;
inline int64_t block_rows(int64_t left) { return left < kBlockRows + kLeastRows ? left : kBlockRows; }

inline size_t fill_bytes(const TensorView& x) {
  return x.shape[0] < kLeastRows ? Workspace::rounded(size_t(kLeastRows * x.shape[1]) * sizeof(float)) : 0;
}

// At least kLeastRows rows: fewer are copied and followed by zeros.
inline cpu::F32Rows fill(const cpu::F32Rows& rows, const TensorView& x, Context& ctx) {
  const int64_t M = x.shape[0], K = x.shape[1];
  if (M >= kLeastRows) return rows;
  float* out = static_cast<float*>(ctx.workspace.take(fill_bytes(x)));
  for (int64_t m = 0; m < M; ++m) std::copy_n(rows.data + m * rows.stride, K, out + m * K);
  std::fill_n(out + M * K, (kLeastRows - M) * K, 0.0f);
  return {out, K};
}

inline void widen_rows(const Weight& w, int64_t n0, int64_t n, float* out) {
  for (int64_t r = 0; r < n; ++r) {
    const bf16* in = static_cast<const bf16*>(w.data.data) + (n0 + r) * w.data.stride[0];
    for (int64_t k = 0; k < w.K; ++k) out[r * w.K + k] = to_f32(in[k]);
  }
}

// sums[m][r] = x[m] . w[r], m < M, r < n.
inline void multiply(const float* x, int64_t x_stride, int64_t M, const float* w, int64_t w_stride, int64_t n,
                     int64_t K, float* sums, int64_t sums_stride) {
  const auto status = dnnl_sgemm('N', 'T', M, n, K, 1.0f, x, x_stride, w, w_stride, 0.0f, sums, sums_stride);
  GLIMPSE_CHECK(status == dnnl_success, "oneDNN refused a product [%lld, %lld, %lld], status %d", (long long)M,
                (long long)n, (long long)K, int(status));
}

}  // namespace glimpse::linear
