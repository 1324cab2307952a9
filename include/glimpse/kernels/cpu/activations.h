// Activations as f32 rows for kernels that compute in f32.
#pragma once
#include "glimpse/core/context.h"
#include "glimpse/core/tensor.h"

namespace glimpse::cpu {

struct F32Rows {
  const float* data;
  int64_t stride;
};

// Bytes widen() takes from the workspace.
inline size_t widen_bytes(const TensorView& x) {
  return x.dtype == DType::f32 ? 0 : Workspace::rounded(size_t(x.shape[0] * x.shape[1]) * sizeof(float));
}

// x [M, K] itself, or widened once into the workspace.
inline F32Rows widen(const TensorView& x, Context& ctx) {
  const int64_t M = x.shape[0], K = x.shape[1];
  if (x.dtype == DType::f32) return {static_cast<const float*>(x.data), x.stride[0]};
  float* rows = static_cast<float*>(ctx.workspace.take(widen_bytes(x)));
#pragma omp parallel for num_threads(ctx.threads) if (M > 8)
  for (int64_t m = 0; m < M; ++m) {
    const bf16* in = static_cast<const bf16*>(x.data) + m * x.stride[0];
    for (int64_t k = 0; k < K; ++k) rows[m * K + k] = to_f32(in[k]);
  }
  return {rows, K};
}

}  // namespace glimpse::cpu
