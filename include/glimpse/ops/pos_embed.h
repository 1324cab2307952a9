// y = rms(x) + the learned position table sampled at each patch.
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

enum class Interpolation : uint8_t { bicubic, bilinear };  // bicubic: A = -0.75, this model's; bilinear: sister models'

// rms as in rms_norm; the table is sampled in f32 (align_corners false, taps clamped to the border, inner sum along the
// row first), rounded, then added, rounded (spec 7.3, 10). y may be x itself. `normed`, where given, gets rms(x).
struct PosEmbed {
  static constexpr const char* kName = "pos_embed";
  TensorView x;       // [P, D]
  TensorView weight;  // [D] of the norm
  TensorView table;   // [side * side, D], row = side * y + x
  TensorView coords;  // [P, 4] i32: y, x, grid height, grid width of the patch's picture
  TensorView normed;  // [P, D], optional
  TensorView y;       // [P, D]
  Interpolation method = Interpolation::bicubic;
  float eps = 1e-5f;

  template <class F> void visit(F&& f) {
    f("x", x, Role::in), f("weight", weight, Role::in), f("table", table, Role::in), f("coords", coords, Role::in);
    f("normed", normed, Role::out), f("y", y, Role::out);
  }
};

}  // namespace glimpse::op
