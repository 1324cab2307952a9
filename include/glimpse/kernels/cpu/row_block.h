// What kernels over rows share: the rest of a row that fills no vector, rounding by element type; after one simd_*.h.
#pragma once

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

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
