// Parameters of the tensor-core kernels of linear.
#pragma once
#include "glimpse/core/dtype.h"

namespace glimpse::kernels {

struct LinearMmaParams {
  const bf16 *x, *w;
  const void* bias;      // null, or [N] of bias_is_bf16 ? bf16 : f32
  const bf16* residual;  // may be null
  bf16* y;
  int64_t x_row, w_row, residual_row, y_row;
  int M, N, K;
  bool bias_is_bf16;
  bool aligned;  // rows of y and residual begin at 16-byte boundaries
};

__device__ inline float linear_bias(const LinearMmaParams& p, int n) {
  if (!p.bias || n >= p.N) return 0;
  return p.bias_is_bf16 ? to_f32(static_cast<const bf16*>(p.bias)[n]) : static_cast<const float*>(p.bias)[n];
}

}  // namespace glimpse::kernels
