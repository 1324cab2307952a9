// y = x Wt + bias (+ residual).
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

// f32 accumulation; the bias is added in f32, then one rounding to y's dtype; the residual is added to the rounded
// value, which rounds again (spec 10). x, residual and y have the activation dtype; y may be residual itself.
struct Linear {
  static constexpr const char* kName = "linear";
  TensorView x;         // [M, K], stride[1] == 1
  Weight w;             // [N, K]
  TensorView bias;      // [N], optional
  TensorView residual;  // [M, N], optional
  TensorView y;         // [M, N]

  template <class F> void visit(F&& f) {
    f("x", x, Role::in), f("w", w, Role::in), f("bias", bias, Role::in), f("residual", residual, Role::in);
    f("y", y, Role::out);
  }
};

}  // namespace glimpse::op
