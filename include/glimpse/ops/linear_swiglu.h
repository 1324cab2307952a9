// y = silu(x Wg^T) * (x Wu^T).
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

// Gate and up are rounded to the activation dtype, silu(gate) again, then the product (spec 10). A stacked gate_up
// weight is passed as its two halves (Weight::rows).
struct LinearSwiglu {
  static constexpr const char* kName = "linear_swiglu";
  TensorView x;     // [M, K], stride[1] == 1
  Weight gate, up;  // [N, K] each
  TensorView y;     // [M, N]

  template <class F> void visit(F&& f) {
    f("x", x, Role::in), f("gate", gate, Role::in), f("up", up, Role::in), f("y", y, Role::out);
  }
};

}  // namespace glimpse::op
