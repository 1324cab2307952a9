// The op taken apart: three projections into scratch memory, and the rope that reads them.
#pragma once
#include "glimpse/ops/linear.h"
#include "glimpse/ops/qkv_rope.h"

namespace glimpse::qkv_rope {

inline size_t bytes_of(const op::QkvRope& a, const Weight& w) {
  return Workspace::rounded(size_t(a.x.shape[0] * w.N * size_of(a.x.dtype)));
}

struct Parts {
  op::Linear q, k, v;
  op::Rope rope;
  // scratch: q, k and v one behind the other, each aligned; null where only shapes matter.
  Parts(const op::QkvRope& a, char* scratch) {
    size_t at = 0;
    const auto project = [&](op::Linear& p, const Weight& w, const TensorView& bias) {
      p.x = a.x, p.w = w, p.bias = bias;
      p.y = TensorView::dense(scratch ? scratch + at : nullptr, a.x.dtype, {a.x.shape[0], w.N});
      at += bytes_of(a, w);
      return p.y.split_last(a.q.shape[2]);
    };
    rope.q_in = project(q, a.wq, a.bias_q);
    rope.k_in = project(k, a.wk, a.bias_k), rope.v_in = project(v, a.wv, a.bias_v);
    rope.rotation = a.rotation, rope.q = a.q, rope.k = a.k, rope.v = a.v, rope.slot = a.slot, rope.index = a.index;
  }
};

inline size_t scratch_bytes(const op::QkvRope& a) { return bytes_of(a, a.wq) + bytes_of(a, a.wk) + bytes_of(a, a.wv); }

}  // namespace glimpse::qkv_rope
