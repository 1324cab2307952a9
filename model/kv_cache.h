// Keys (after rotation) and values of every layer: [slot][layer][k|v][kv head][capacity][head size].
#pragma once
#include <cstdint>

#include "glimpse/core/backend.h"
#include "glimpse/core/tensor.h"

namespace glimpse {

class KvCache {
 public:
  // `capacity` tokens for each of `slots` sequences. Throws Error saying how much memory that needs and how much there
  // is, where it is more.
  KvCache(Backend& backend, DType dtype, int slots, int layers, int kv_heads, int64_t capacity, int head_dim);
  // [slots, kv heads, capacity, head size]
  TensorView k(int layer) const { return part(layer, 0); }
  TensorView v(int layer) const { return part(layer, 1); }
  // The first `tokens` of one slot, of every layer, into another.
  void copy(int from, int to, int64_t tokens);
  int64_t capacity() const { return capacity_; }
  int slots() const { return slots_; }
  int64_t bytes() const { return int64_t(buffer_.bytes()); }
  static int64_t bytes_per_token(DType dtype, int layers, int kv_heads, int head_dim) {
    return int64_t(layers) * 2 * kv_heads * head_dim * size_of(dtype);
  }

 private:
  TensorView part(int layer, int which) const;
  Backend& backend_;
  DType dtype_;
  int slots_, layers_, kv_heads_, head_dim_;
  int64_t capacity_;
  Buffer buffer_;
};

}  // namespace glimpse
