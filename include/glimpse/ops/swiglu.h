// y = silu(gate) * up.
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

// silu in f32, rounded to the activation dtype, then the product, rounded (spec 10). y may be gate or up itself.
struct Swiglu {
  static constexpr const char* kName = "swiglu";
  TensorView gate, up;  // [M, N]
  TensorView y;         // [M, N]

  template <class F> void visit(F&& f) { f("gate", gate, Role::in), f("up", up, Role::in), f("y", y, Role::out); }
};

}  // namespace glimpse::op
