// The three projections of attention with bias, then rope with the write of k and v.
#pragma once
#include "glimpse/ops/rope.h"

namespace glimpse::op {

// Each projection is rounded as linear's y, then rotated as rope does. A stacked qkv weight is passed as row slices.
struct QkvRope {
  static constexpr const char* kName = "qkv_rope";
  TensorView x;                         // [M, K], stride[1] == 1
  Weight wq, wk, wv;                    // [H dh, K], [KV dh, K], [KV dh, K]
  TensorView bias_q, bias_k, bias_v;    // [H dh], [KV dh], [KV dh]; optional
  Rotation rotation;
  TensorView q;      // [M, H, dh]
  TensorView k, v;   // [slots, KV, capacity, dh]
  TensorView slot;   // [M] i32, optional: all 0
  TensorView index;  // [M] i32, optional: 0, 1, 2, ...

  template <class F> void visit(F&& f) {
    f("x", x, Role::in), f("wq", wq, Role::in), f("wk", wk, Role::in), f("wv", wv, Role::in);
    f("bias_q", bias_q, Role::in), f("bias_k", bias_k, Role::in), f("bias_v", bias_v, Role::in);
    f("pos", rotation.pos, Role::in), f("inv_freq", rotation.inv_freq, Role::in);
    f("slot", slot, Role::in), f("index", index, Role::in);
    f("q", q, Role::out), f("k", k, Role::inout), f("v", v, Role::inout);
  }
};

}  // namespace glimpse::op
