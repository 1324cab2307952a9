// What the checks of the projection ops (linear, linear_swiglu, qkv_rope, patch_embed) share beyond core/contract.h.
#pragma once
#include "glimpse/core/contract.h"
#include "glimpse/core/weight.h"

namespace glimpse::contract {

// A matrix [rows, columns] of the given dtype with contiguous rows.
inline void matrix(const char* op, const char* name, const TensorView& t, int64_t rows, int64_t columns, DType want) {
  dtype(op, name, t, want), shape(op, name, t, {rows, columns}), contiguous_rows(op, name, t);
}

// The activations that enter a projection: [M, K], f32 or bf16.
inline void projected(const char* op, const char* name, const TensorView& t) {
  activation(op, name, t);
  GLIMPSE_CHECK(t.rank == 2, "%s: %s must be a matrix [M, K], it has rank %d", op, name, t.rank);
  contiguous_rows(op, name, t);
}

// A dense weight [n, k] of bf16 or f32.
inline void weight(const char* op, const char* name, const Weight& w, int64_t n, int64_t k) {
  GLIMPSE_CHECK(w.format == WeightFormat::dense, "%s: the weight %s is quantised; only dense ones are supported", op,
                name);
  activation(op, name, w.data);
  matrix(op, name, w.data, n, k, w.data.dtype);
  GLIMPSE_CHECK(w.N == n && w.K == k, "%s: the weight %s says [%lld, %lld], its data is [%lld, %lld]", op, name,
                (long long)w.N, (long long)w.K, (long long)n, (long long)k);
}

// An optional contiguous vector [n] of bf16 or f32.
inline void bias(const char* op, const char* name, const TensorView& t, int64_t n) {
  if (t) activation(op, name, t), shape(op, name, t, {n}), contiguous_rows(op, name, t);
}

// Whether the bytes of two tensors meet.
inline bool overlap(const TensorView& a, const TensorView& b) {
  const auto begin = [](const TensorView& t) { return reinterpret_cast<uintptr_t>(t.data); };
  const auto end = [&](const TensorView& t) { return begin(t) + uintptr_t(t.span() * size_of(t.dtype)); };
  return a && b && begin(a) < end(b) && begin(b) < end(a);
}

inline void apart(const char* op, const char* name, const TensorView& t, const char* out, const TensorView& y) {
  GLIMPSE_CHECK(!overlap(t, y), "%s: %s overlaps the output %s; they must be apart", op, name, out);
}

}  // namespace glimpse::contract
