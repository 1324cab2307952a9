// What the vectorised kernels say where they cannot take a tensor. Host side.
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::dev {

// Rejects what is not bf16, or has rows (all strides but the last) off 16-byte boundaries.
inline bool not_aligned_bf16(const char* name, const TensorView& t, Reason& reason) {
  if (t.dtype != DType::bf16) return reason.set("%s is %s; it takes bf16 only", name, name_of(t.dtype));
  if (const int off = int(reinterpret_cast<uintptr_t>(t.data) % 16))
    return reason.set("%s begins %d bytes behind a 16-byte boundary", name, off);
  for (int d = 0; d + 1 < t.rank; ++d)
    if (t.shape[d] > 1 && t.stride[d] % 8)
      return reason.set("%s has a stride of %lld elements, which is not a multiple of 8", name, (long long)t.stride[d]);
  return false;
}

// Whether the rows of a bf16 matrix begin at 16-byte boundaries.
inline bool rows_aligned(const TensorView& t) {
  return reinterpret_cast<uintptr_t>(t.data) % 16 == 0 && (t.shape[0] <= 1 || t.stride[0] % 8 == 0);
}

// Rejects what 32-bit indices do not reach.
inline bool not_int(const char* name, int64_t value, Reason& reason) {
  return value > INT32_MAX && reason.set("%s is %lld, at most %d", name, (long long)value, INT32_MAX);
}

}  // namespace glimpse::dev
