// A weight matrix as linear, linear_swiglu, qkv_rope and embed take it.
#pragma once
#include "glimpse/core/tensor.h"

namespace glimpse {

enum class WeightFormat : uint8_t { dense, q8, q4 };  // dense: rows of bf16 or f32; q8, q4: groups with scales

// y = x Wt: W is [N, K], rows as in the checkpoint (mapped, never repacked).
struct Weight {
  WeightFormat format = WeightFormat::dense;
  TensorView data;    // dense: [N, K] bf16 or f32, stride[1] == 1
  TensorView scales;  // quantised: [N, K / group]
  TensorView zeros;   // quantised, optional: [N, K / group]
  int group = 0;      // elements along K that share a scale
  int64_t N = 0, K = 0;

  static Weight dense(const TensorView& rows) {
    Weight w;
    GLIMPSE_CHECK(rows.rank == 2, "a weight is a matrix, got rank %d", rows.rank);
    w.data = rows, w.N = rows.shape[0], w.K = rows.shape[1];
    return w;
  }
  explicit operator bool() const { return bool(data); }
  // Output rows lo..hi-1, for example the gate half of a stacked gate_up.
  Weight rows(int64_t lo, int64_t hi) const {
    Weight w = *this;
    w.data = data.slice(0, lo, hi), w.N = hi - lo;
    if (scales) w.scales = scales.slice(0, lo, hi);
    if (zeros) w.zeros = zeros.slice(0, lo, hi);
    return w;
  }
  int64_t bytes() const { return data.bytes() + (scales ? scales.bytes() : 0) + (zeros ? zeros.bytes() : 0); }
};

}  // namespace glimpse
