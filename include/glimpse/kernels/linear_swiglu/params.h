// Parameters of the CUDA kernels of linear_swiglu.
#pragma once
#include "glimpse/core/dtype.h"

namespace glimpse::kernels {

struct LinearSwigluParams {
  const bf16 *x, *gate, *up;
  bf16* y;
  int64_t x_row, gate_row, up_row, y_row;
  int M, N, K;
  bool aligned;  // rows of y begin at 16-byte boundaries
};

}  // namespace glimpse::kernels
