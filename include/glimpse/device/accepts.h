// What the vectorised kernels say where they cannot take a tensor. Host side.
#pragma once
#include "glimpse/core/variant.h"

namespace glimpse::dev {

// Rejects what cannot be accessed 16 bytes at a time along its last dimension.
inline bool not_vectors(const char* name, const TensorView& t, Reason& reason) {
  const int last = t.rank - 1, each = 16 / size_of(t.dtype), behind = int(reinterpret_cast<uintptr_t>(t.data) % 16);
  if (behind) return reason.set("%s begins %d bytes behind a 16-byte boundary", name, behind);
  if (t.shape[last] > 1 && t.stride[last] != 1)
    return reason.set("the elements of a row of %s are %lld apart, not 1", name, (long long)t.stride[last]);
  for (int d = 0; d < last; ++d)
    if (t.shape[d] > 1 && t.stride[d] % each)
      return reason.set("%s has a stride of %lld elements, not a multiple of %d", name, (long long)t.stride[d], each);
  return false;
}

// The same for kernels that take bf16 only.
inline bool not_aligned_bf16(const char* name, const TensorView& t, Reason& reason) {
  if (t.dtype != DType::bf16) return reason.set("%s is %s; it takes bf16 only", name, name_of(t.dtype));
  return not_vectors(name, t, reason);
}

// Rejects rows that are not made of eights, or are longer than the kernel holds.
inline bool not_eights(int64_t columns, int64_t most, Reason& reason) {
  if (columns % 8) return reason.set("rows have %lld elements, not a multiple of 8", (long long)columns);
  return columns > most && reason.set("rows have %lld elements, at most %lld", (long long)columns, (long long)most);
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
