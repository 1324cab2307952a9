// Rotary embedding of q and k, and the write of k and v to where attention reads them.
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

enum class RopeStyle : uint8_t {
  half_split_2d,     // vision: pairs (j, j + dh/2); j < dh/4 turns by y, else by x; f32 inside, one rounding
  interleaved_3d,    // text: pairs (2i, 2i+1) of the first 2R; sections choose t, y, x; cos, sin, products, sum rounded
};

// What qkv_rope and rope share. angle = float(position) * inv_freq, in f32 (spec 7.4, 8.2, 10).
struct Rotation {
  RopeStyle style = RopeStyle::interleaved_3d;
  int sections[3] = {8, 12, 12};  // interleaved_3d: pairs turning by t, y, x
  TensorView pos;                 // [M, 3] (t, y, x) or [M, 2] (y, x), i32
  TensorView inv_freq;            // f32 [R] pairs (interleaved_3d) or [dh/4] (half_split_2d)
};

// q_in may be q itself. Row m's k and v go to k[slot[m], head, index[m], :].
struct Rope {
  static constexpr const char* kName = "rope";
  TensorView q_in;        // [M, H, dh]
  TensorView k_in, v_in;  // [M, KV, dh]
  Rotation rotation;
  TensorView q;      // [M, H, dh]
  TensorView k, v;   // [slots, KV, capacity, dh], any strides but stride[3] == 1
  TensorView slot;   // [M] i32, optional: all 0
  TensorView index;  // [M] i32, optional: 0, 1, 2, ...

  template <class F> void visit(F&& f) {
    f("q_in", q_in, Role::in), f("k_in", k_in, Role::in), f("v_in", v_in, Role::in);
    f("pos", rotation.pos, Role::in), f("inv_freq", rotation.inv_freq, Role::in);
    f("slot", slot, Role::in), f("index", index, Role::in);
    f("q", q, Role::out), f("k", k, Role::inout), f("v", v, Role::inout);
  }
};

}  // namespace glimpse::op
