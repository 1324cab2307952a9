// What kernels over rows share: the rest of a row that fills no vector, rounding by element type; after one simd_*.h.
#pragma once
#include "glimpse/kernels/cpu/row_types.h"

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

// The first n elements, zeros behind them; n <= kLanes.
template <class T> inline Floats load_some(const T* p, int64_t n) {
  if (n == kLanes) return load(p);
  T padded[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) padded[i] = p[i];
  return load(padded);
}
template <class T> inline void store_some(T* p, Floats v, int64_t n) {
  if (n == kLanes) return store(p, v);
  T padded[kLanes];
  store(padded, v);
  for (int64_t i = 0; i < n; ++i) p[i] = padded[i];
}
inline int64_t some(int64_t left) { return left < kLanes ? left : kLanes; }

// What storing as T and loading again gives.
template <class T> inline Floats rounded(Floats v) {
  if constexpr (sizeof(T) == 2) return round_bf16(v);
  else return v;
}

// n <= kLanes values from position i on, of either type.
inline Floats load_at(const In& x, int64_t i, int64_t n) {
  return x.bf16 ? load_some(static_cast<const uint16_t*>(x.data) + i, n)
                : load_some(static_cast<const float*>(x.data) + i, n);
}
inline void store_at(const Out& y, int64_t i, Floats v, int64_t n) {
  if (y.bf16) store_some(static_cast<uint16_t*>(y.data) + i, v, n);
  else store_some(static_cast<float*>(y.data) + i, v, n);
}
inline void copy_row(const In& x, int64_t n, const Out& y) {
  for (int64_t i = 0; i < n; i += kLanes) store_at(y, i, load_at(x, i, some(n - i)), some(n - i));
}
inline Floats round_as(bool bf16, Floats v) { return bf16 ? round_bf16(v) : v; }

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
