// y = x * rsqrt(mean(x^2) + eps) * weight.
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

// f32 inside; the normalised value is rounded to the activation dtype before the product with weight, which is rounded
// again (spec 10). y may be x itself.
struct RmsNorm {
  static constexpr const char* kName = "rms_norm";
  TensorView x;       // [M, D]
  TensorView weight;  // [D], dtype of the checkpoint (bf16) or f32
  TensorView y;       // [M, D]
  float eps = 1e-5f;

  template <class F> void visit(F&& f) { f("x", x, Role::in), f("weight", weight, Role::in), f("y", y, Role::out); }
};

}  // namespace glimpse::op
