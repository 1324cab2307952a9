// The next token: repetition penalty, temperature, top-k, top-p, min-p, then one draw or the arg-max.
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::op {

// Order and ties as spec 9.2: ties with the k-th value survive top-k; among equals the lowest ids leave first in top-p;
// arg-max takes the lowest id. Not sampling: only the penalty applies. The draw is the arg-max of p_i / e_i with e_i an
// exponential variate from Philox4x32-10 keyed by (seed, stream[b]) at counter (step[b], i): the same bits on every
// device, so equal logits, seed and step give equal tokens.
struct Sample {
  static constexpr const char* kName = "sample";
  TensorView logits;       // [B, V] f32 or bf16
  TensorView history;      // [B, L] i32, optional: ids seen so far, for the penalty
  TensorView history_len;  // [B] i32, with history
  TensorView stream;       // [B] i32, optional: 0, 1, 2, ...
  TensorView step;         // [B] i32, optional: all 0
  TensorView probs;        // [B, V] f32, optional: probabilities after all processors (0: cut)
  TensorView token;        // [B] i32
  bool do_sample = false;
  float temperature = 1, min_p = 0, repetition_penalty = 1;
  double top_p = 1;  // what is cut weighs at most float(1 - top_p)
  int top_k = 0;  // 0: off
  uint64_t seed = 0;

  template <class F> void visit(F&& f) {
    f("logits", logits, Role::in), f("history", history, Role::in), f("history_len", history_len, Role::in);
    f("stream", stream, Role::in), f("step", step, Role::in), f("probs", probs, Role::out);
    f("token", token, Role::out);
  }
};

}  // namespace glimpse::op
