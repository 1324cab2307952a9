// What oracles are written with: element access in double through any dtype, and the model's roundings.
#pragma once
#include <cmath>
#include <vector>

#include "glimpse/core/tensor.h"
#include "glimpse/core/weight.h"

namespace glimpse::oracle {

inline double get_at(const TensorView& t, int64_t offset) {
  switch (t.dtype) {
    case DType::f64: return static_cast<const double*>(t.data)[offset];
    case DType::f32: return double(static_cast<const float*>(t.data)[offset]);
    case DType::bf16: return double(to_f32(static_cast<const bf16*>(t.data)[offset]));
    case DType::i32: return double(static_cast<const int32_t*>(t.data)[offset]);
    case DType::i64: return double(static_cast<const int64_t*>(t.data)[offset]);
    case DType::u8: return double(static_cast<const uint8_t*>(t.data)[offset]);
  }
  return 0;
}

template <class... I> int64_t offset_of(const TensorView& t, I... i) {
  const int64_t index[] = {int64_t(i)...};
  int64_t at = 0;
  for (size_t d = 0; d < sizeof...(I); ++d) at += index[d] * t.stride[d];
  return at;
}

template <class... I> double get(const TensorView& t, I... i) { return get_at(t, offset_of(t, i...)); }

inline void set_at(const TensorView& t, int64_t offset, double value) {
  switch (t.dtype) {
    case DType::f64: static_cast<double*>(t.data)[offset] = value; break;
    case DType::f32: static_cast<float*>(t.data)[offset] = float(value); break;
    case DType::bf16: static_cast<bf16*>(t.data)[offset] = to_bf16(float(value)); break;
    case DType::i32: static_cast<int32_t*>(t.data)[offset] = int32_t(value); break;
    case DType::i64: static_cast<int64_t*>(t.data)[offset] = int64_t(value); break;
    case DType::u8: static_cast<uint8_t*>(t.data)[offset] = uint8_t(value); break;
  }
}

template <class... I> void set(const TensorView& t, double value, I... i) { set_at(t, offset_of(t, i...), value); }

// Rounds as the model does between two operations: to the activation dtype, or (exact) not at all.
struct Rounder {
  bool exact;
  DType dtype;  // of the activations
  double operator()(double v) const {
    if (exact) return v;
    return dtype == DType::bf16 ? double(to_f32(to_bf16(float(v)))) : double(float(v));
  }
  // An intermediate the model keeps in f32.
  double f32(double v) const { return exact ? v : double(float(v)); }
};

// A row (last dimension) as doubles.
template <class... I> std::vector<double> row(const TensorView& t, I... i) {
  std::vector<double> v(size_t(t.shape[t.rank - 1]));
  const int64_t base = offset_of(t, i...), step = t.stride[t.rank - 1];
  for (size_t c = 0; c < v.size(); ++c) v[c] = get_at(t, base + int64_t(c) * step);
  return v;
}

// The model adds in f32 and leaves the order to its libraries. An oracle is asked for several legal orders, because one
// is one draw: a sum may come out right by luck. An order is a number of interleaved partial sums, added up in turn; 0
// goes backwards.
inline constexpr int kOrders[] = {1, 0, 4, 16};
inline thread_local int order = kOrders[0];

// Sum of products as the model accumulates it: in f32; exact: in double.
inline double dot(const double* a, const double* b, int64_t n, bool exact) {
  if (exact) {
    double s = 0;
    for (int64_t i = 0; i < n; ++i) s += a[i] * b[i];
    return s;
  }
  float sum = 0;
  if (order == 0) {
    for (int64_t i = n - 1; i >= 0; --i) sum = std::fmaf(float(a[i]), float(b[i]), sum);
    return double(sum);
  }
  for (int64_t first = 0; first < order; ++first) {
    float part = 0;
    for (int64_t i = first; i < n; i += order) part = std::fmaf(float(a[i]), float(b[i]), part);
    sum += part;
  }
  return double(sum);
}

}  // namespace glimpse::oracle
