// Token embeddings with the vision rows put in their places.
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

// y[m] = vision[vision_row[m]] where vision_row[m] >= 0, else table[ids[m]], cast to y's dtype (spec 7.7).
struct Embed {
  static constexpr const char* kName = "embed";
  TensorView ids;         // [M] i32, each in 0 .. V-1
  Weight table;           // [V, D]
  TensorView vision;      // [T, D], optional
  TensorView vision_row;  // [M] i32, with vision: -1 or a row of it
  TensorView y;           // [M, D]

  template <class F> void visit(F&& f) {
    f("ids", ids, Role::in), f("table", table, Role::in), f("vision", vision, Role::in);
    f("vision_row", vision_row, Role::in), f("y", y, Role::out);
  }
};

}  // namespace glimpse::op
