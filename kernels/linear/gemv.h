// The loop around a gemv kernel: chunks of about 256 KB of weights, handed to threads as they become free. A chunk is
// computed by one thread in an order that its size does not change, so the bits do not depend on the thread count.
#pragma once
#include <algorithm>

#include "glimpse/kernels/cpu/activations.h"
#include "kernels/linear/finish.h"

namespace glimpse::linear {

constexpr int64_t kGemvRows = 8;              // activation rows a gemv takes
constexpr int64_t kGemvChunkBytes = 256 << 10;
constexpr int64_t kGemvChunkRows = 512;       // bounds the sums on the stack: 16 KB

using DotRows = void (*)(const void* w, int64_t w_stride, int64_t rows, const float* x, int64_t x_stride, int64_t M,
                         int64_t K, float* out, int64_t out_stride);

// Weight rows of a chunk: a multiple of the 8 that are read at once.
inline int64_t gemv_chunk(int64_t row_bytes) {
  return std::clamp<int64_t>(kGemvChunkBytes / std::max<int64_t>(row_bytes, 1) / 8 * 8, 8, kGemvChunkRows);
}

inline const char* weight_row(const Weight& w, int64_t n) {
  return static_cast<const char*>(w.data.data) + n * w.data.stride[0] * size_of(w.data.dtype);
}

// A product in chunks; x is a.x as f32.
struct Gemv {
  const op::Linear& a;
  cpu::F32Rows x;
  DotRows dot;
  int64_t chunk, chunks;

  Gemv(const op::Linear& product, const cpu::F32Rows& rows, DotRows bf16_rows, DotRows f32_rows)
      : a(product), x(rows), dot(a.w.data.dtype == DType::bf16 ? bf16_rows : f32_rows),
        chunk(gemv_chunk(a.w.K * size_of(a.w.data.dtype))), chunks((a.w.N + chunk - 1) / chunk) {}

  void run(int64_t c) const {
    float sums[kGemvRows * kGemvChunkRows];
    const int64_t M = a.x.shape[0], n0 = c * chunk, n = std::min(chunk, a.w.N - n0);
    dot(weight_row(a.w, n0), a.w.data.stride[0], n, x.data, x.stride, M, a.w.K, sums, n);
    for (int64_t m = 0; m < M; ++m) finish(a, m, n0, n, sums + m * n);
  }
};

inline void gemv(const op::Linear& a, Context& ctx, DotRows bf16_rows, DotRows f32_rows) {
  const Gemv product(a, cpu::widen(a.x, ctx), bf16_rows, f32_rows);
#pragma omp parallel for schedule(dynamic, 1) num_threads(int(std::clamp<int64_t>(product.chunks, 1, ctx.threads)))
  for (int64_t c = 0; c < product.chunks; ++c) product.run(c);
}

inline bool too_many_rows(const TensorView& x, Reason& reason) {
  return x.shape[0] > kGemvRows && reason.set("M is %lld; a gemv takes up to %lld activation rows",
                                              (long long)x.shape[0], (long long)kGemvRows);
}
inline bool gemv_rejects(const op::Linear& a, const DeviceInfo&, Reason& reason) { return too_many_rows(a.x, reason); }
inline size_t gemv_workspace(const op::Linear& a, Context&) { return cpu::widen_bytes(a.x); }

}  // namespace glimpse::linear
