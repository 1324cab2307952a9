// Softmax attention over several sequences at once: vision segments, prefill, chunks of prefill, decode.
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

// Sequence b owns rows q_offsets[b] .. q_offsets[b+1]-1 of q and o, and keys kv_start[b] .. kv_start[b]+kv_len[b]-1 of
// slot kv_slot[b]. Query head h reads kv head h / (H / KV). Causal is aligned at the bottom right: the last query row
// sees all kv_len keys, the one before it one fewer (a row that sees none is zero). Scores, softmax and sums in f32;
// unnormalised probabilities are rounded to the activation dtype for the product with v, their sum is not (spec 10).
// Offsets and lengths lie in device memory; max_q and max_kv are host-side bounds of one sequence's rows and keys.
struct Attention {
  static constexpr const char* kName = "attention";
  TensorView q;          // [M, H, dh], stride[2] == 1
  TensorView k, v;       // [slots, KV, capacity, dh], stride[3] == 1
  TensorView o;          // [M, H, dh], stride[2] == 1
  TensorView q_offsets;  // [B + 1] i32, ascending from 0 to M
  TensorView kv_slot;    // [B] i32, optional: all 0
  TensorView kv_start;   // [B] i32, optional: all 0
  TensorView kv_len;     // [B] i32
  int max_q = 0, max_kv = 0;
  bool causal = false;
  float scale = 0;  // of the scores, dh^-1/2

  template <class F> void visit(F&& f) {
    f("q", q, Role::in), f("k", k, Role::in), f("v", v, Role::in), f("q_offsets", q_offsets, Role::in);
    f("kv_slot", kv_slot, Role::in), f("kv_start", kv_start, Role::in), f("kv_len", kv_len, Role::in);
    f("o", o, Role::out);
  }
};

}  // namespace glimpse::op
