// Checks that contracts share; each throws Error with the op, the tensor and what it should have been.
#pragma once
#include "glimpse/core/tensor.h"

namespace glimpse::contract {

// Activations are bf16 or f32 (fp16 is refused for this family: its activations overflow).
inline void activation(const char* op, const char* name, const TensorView& t) {
  GLIMPSE_CHECK(t && (t.dtype == DType::bf16 || t.dtype == DType::f32), "%s: %s must be given in bf16 or f32, it is %s",
                op, name, t ? name_of(t.dtype) : "absent");
}

inline void dtype(const char* op, const char* name, const TensorView& t, DType want) {
  GLIMPSE_CHECK(t && t.dtype == want, "%s: %s must be %s, it is %s", op, name, name_of(want),
                t ? name_of(t.dtype) : "absent");
}

inline void shape(const char* op, const char* name, const TensorView& t, std::initializer_list<int64_t> want) {
  GLIMPSE_CHECK(t && t.rank == int(want.size()), "%s: %s must have rank %d, it has %d", op, name, int(want.size()),
                t ? t.rank : -1);
  int d = 0;
  for (int64_t n : want) {
    GLIMPSE_CHECK(t.shape[d] == n, "%s: %s must have %lld in dimension %d, it has %lld", op, name, (long long)n, d,
                  (long long)t.shape[d]);
    ++d;
  }
}

// Rows are read in one sweep.
inline void contiguous_rows(const char* op, const char* name, const TensorView& t) {
  GLIMPSE_CHECK(t.rank > 0 && (t.shape[t.rank - 1] <= 1 || t.stride[t.rank - 1] == 1),
                "%s: the last dimension of %s must be contiguous, its stride is %lld", op, name,
                (long long)(t.rank ? t.stride[t.rank - 1] : 0));
}

inline void integers(const char* op, const char* name, const TensorView& t, std::initializer_list<int64_t> want) {
  dtype(op, name, t, DType::i32), shape(op, name, t, want);
}

}  // namespace glimpse::contract
