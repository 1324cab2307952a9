// The sandwich norms of the text model: residual += rms(x; post); y = rms(residual; pre).
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

// Each norm rounds as rms_norm does; the sum is rounded to the activation dtype (spec 8.1, 10).
struct NormAddNorm {
  static constexpr const char* kName = "norm_add_norm";
  TensorView x;         // [M, D] output of the branch
  TensorView post;      // [D] weight of the norm on the branch
  TensorView pre;       // [D] weight of the norm before the next branch
  TensorView residual;  // [M, D] in and out
  TensorView y;         // [M, D]; may be x itself
  float eps = 1e-5f;

  template <class F> void visit(F&& f) {
    f("x", x, Role::in), f("post", post, Role::in), f("pre", pre, Role::in);
    f("residual", residual, Role::inout), f("y", y, Role::out);
  }
};

}  // namespace glimpse::op
