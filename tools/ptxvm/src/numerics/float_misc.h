// min, max, abs, neg, copysign, testp of f32 and f64.
#pragma once

#include "bits.h"

namespace ptxvm {

/// What .NaN and .xorsign.abs add to min and max.
enum class NanRule : uint8_t { kNumber, kNan };

namespace detail {

template <class T>
PTXVM_TEMPLATE bool sign_bit(T x) {
  if constexpr (sizeof(T) == 4) return bits_of(x) >> 31 != 0;
  return bits_of(x) >> (sizeof(T) * 8 - 1) != 0;
}
template <class T>
PTXVM_TEMPLATE T magnitude(T x) {
  if constexpr (sizeof(T) == 4) return float_of(bits_of(x) & ~kSignF32);
  else return double_of(bits_of(x) & ~kSignF64);
}
template <class T>
PTXVM_TEMPLATE T nan_of() {
  if constexpr (sizeof(T) == 4) return float_of(kNanF32);
  else return double_of(kNanF64);
}
template <class T>
PTXVM_TEMPLATE T min_number(T a, T b) {
  const T less = a < b ? a : b;
  return a == b ? (sign_bit(a) ? a : b) : less;  // -0 counts as less than +0
}
template <class T>
PTXVM_TEMPLATE T max_number(T a, T b) {
  const T greater = a > b ? a : b;
  return a == b ? (sign_bit(a) ? b : a) : greater;
}

template <bool Max, NanRule N, class T>
PTXVM_TEMPLATE T min_or_max(T a, T b) {
  if (N == NanRule::kNan && (is_nan(a) || is_nan(b))) return nan_of<T>();
  if (is_nan(a)) return is_nan(b) ? nan_of<T>() : b;
  if (is_nan(b)) return a;
  return Max ? max_number(a, b) : min_number(a, b);
}

}  // namespace detail

/// min/max{.ftz}{.NaN}{.xorsign.abs}: -0 < +0; a NaN loses against a number unless .NaN asks for it.
/// .xorsign.abs compares magnitudes and gives the result the exclusive-or of the signs.
template <bool Max, bool Ftz = false, NanRule N = NanRule::kNumber, bool XorSign = false, class T>
PTXVM_TEMPLATE T fp_min_max(T a, T b) {
  if constexpr (Ftz) {
    a = flush(a);
    b = flush(b);
  }
  if constexpr (!XorSign) return detail::min_or_max<Max, N>(a, b);
  const bool negative = detail::sign_bit(a) != detail::sign_bit(b);
  const T r = detail::min_or_max<Max, N>(detail::magnitude(a), detail::magnitude(b));
  if (is_nan(r)) return r;
  return negative ? -r : r;
}

/// The three-input form (sm_100 and later): min(min(a, b), c).
template <bool Max, bool Ftz = false, NanRule N = NanRule::kNumber, bool XorSign = false, class T>
PTXVM_TEMPLATE T fp_min_max(T a, T b, T c) {
  return fp_min_max<Max, Ftz, N, XorSign>(fp_min_max<Max, Ftz, N, XorSign>(a, b), c);
}

/// abs{.ftz} and neg{.ftz} of f32: a NaN input gives an unspecified NaN; its payload is kept here.
template <bool Ftz = false>
PTXVM_TEMPLATE float fp_abs(float a) {
  return float_of(bits_of(flush_if<Ftz>(a)) & ~kSignF32);
}
template <bool Ftz = false>
PTXVM_TEMPLATE float fp_neg(float a) {
  return float_of(bits_of(flush_if<Ftz>(a)) ^ kSignF32);
}
PTXVM_INLINE double fp_abs(double a) { return double_of(bits_of(a) & ~kSignF64); }
PTXVM_INLINE double fp_neg(double a) { return double_of(bits_of(a) ^ kSignF64); }

/// copysign d, a, b: the magnitude of b with the sign of a (PTX ISA: "copy sign bit of a into value of b").
PTXVM_INLINE float fp_copysign(float a, float b) {
  return float_of((bits_of(a) & kSignF32) | (bits_of(b) & ~kSignF32));
}
PTXVM_INLINE double fp_copysign(double a, double b) {
  return double_of((bits_of(a) & kSignF64) | (bits_of(b) & ~kSignF64));
}

enum class TestProperty : uint8_t { kFinite, kInfinite, kNumber, kNotANumber, kNormal, kSubnormal };

/// testp.op; the ISA counts both zeros as normal numbers.
template <class T>
PTXVM_TEMPLATE bool fp_testp(TestProperty p, T x) {
  constexpr int kFraction = sizeof(T) == 4 ? 23 : 52;
  const auto magnitude = bits_of(detail::magnitude(x));
  const auto exponent = magnitude >> kFraction;
  constexpr auto kTop = sizeof(T) == 4 ? 0xffu : 0x7ffu;
  switch (p) {
    case TestProperty::kFinite: return exponent != kTop;
    case TestProperty::kInfinite: return exponent == kTop && !is_nan(x);
    case TestProperty::kNumber: return !is_nan(x);
    case TestProperty::kNotANumber: return is_nan(x);
    case TestProperty::kNormal: return exponent != kTop && (exponent != 0 || magnitude == 0);
    case TestProperty::kSubnormal: return exponent == 0 && magnitude != 0;
  }
  return false;
}

}  // namespace ptxvm
