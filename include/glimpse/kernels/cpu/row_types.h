// Rows as row kernels get them: f32 or bf16, told at run time, since they are bound by memory and not by a branch.
#pragma once
#include "glimpse/core/tensor.h"

namespace glimpse::cpu {

struct In {
  const void* data;
  bool bf16;
};
struct Out {
  void* data;
  bool bf16;
};

// Row m of a matrix, or a vector (m = 0), whose last dimension is contiguous.
inline Out row(const TensorView& t, int64_t m = 0) {
  const int64_t at = t.rank > 1 ? m * t.stride[0] : 0;
  return {static_cast<char*>(t.data) + at * size_of(t.dtype), t.dtype == DType::bf16};
}
inline In in(const TensorView& t, int64_t m = 0) {
  const Out r = row(t, m);
  return {r.data, r.bf16};
}

// For reject: absent tensors are fine.
inline bool contiguous(std::initializer_list<const TensorView*> all) {
  for (const TensorView* t : all)
    if (*t && t->shape[t->rank - 1] > 1 && t->stride[t->rank - 1] != 1) return false;
  return true;
}

}  // namespace glimpse::cpu
