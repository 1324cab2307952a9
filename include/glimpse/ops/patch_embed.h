// The vision tower's conv3d, whose stride equals its kernel: a matrix product over patches.
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

// y = pixel . Wt + bias, f32 accumulation, one rounding (spec 3.5, 7.2, 10). Columns run over (channel, temporal slot,
// row, column), which is the weight's own flattening; rows are patches in 2x2-block order. u8 pixels are normalised
// through `table` while they are loaded, f32 pixels are taken as they are; both are rounded to y's dtype first.
struct PatchEmbed {
  static constexpr const char* kName = "patch_embed";
  TensorView pixels;  // [P, C * T * p * p] u8 or f32, stride[1] == 1
  TensorView table;   // [C, 256] f32: value of each u8 level; only with u8 pixels
  Weight w;           // [D, C * T * p * p]
  TensorView bias;    // [D], optional
  TensorView y;       // [P, D]

  template <class F> void visit(F&& f) {
    f("pixels", pixels, Role::in), f("table", table, Role::in), f("w", w, Role::in), f("bias", bias, Role::in);
    f("y", y, Role::out);
  }
};

}  // namespace glimpse::op
