// y = gelu(layer_norm(x)), the merger's norm.
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

// LayerNorm in f32 with biased variance and affine, rounded once; then the exact (erf) GELU in f32, rounded (spec 7.6,
// 10). `normed`, where given, receives the
// rounded value between the two. y may be x itself.
struct LayerNormGelu {
  static constexpr const char* kName = "layer_norm_gelu";
  TensorView x;             // [M, D]
  TensorView weight, bias;  // [D]
  TensorView normed;        // [M, D], optional
  TensorView y;             // [M, D]
  float eps = 1e-5f;

  template <class F> void visit(F&& f) {
    f("x", x, Role::in), f("weight", weight, Role::in), f("bias", bias, Role::in);
    f("normed", normed, Role::out), f("y", y, Role::out);
  }
};

}  // namespace glimpse::op
