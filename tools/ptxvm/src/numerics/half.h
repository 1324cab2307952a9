// f16 and bf16: conversions from and to wider formats with every rounding, and arithmetic, scalar and packed
// (PTX ISA, half-precision floating-point instructions). Values travel as bit patterns.
#pragma once

#include "float_arith.h"
#include "float_misc.h"

namespace ptxvm {

/// f16 -> f32, exact. NaN becomes the canonical NaN of f32 (hardware drops the payload in cvt).
PTXVM_INLINE float f16_to_f32(uint16_t h) {
  const uint32_t sign = uint32_t{h & 0x8000u} << 16, magnitude = h & 0x7fffu;
  if (magnitude > 0x7c00) return float_of(kNanF32);
  if (magnitude == 0x7c00) return float_of(sign | 0x7f800000u);
  // Moved to f32's place the exponent is off by 112; the product also makes subnormal numbers normal.
  return float_of(sign | bits_of(float_of(magnitude << 13) * 0x1p112f));
}
/// bf16 -> f32, exact; a NaN keeps its payload (it is a shift).
PTXVM_INLINE float bf16_to_f32(uint16_t h) { return float_of(uint32_t{h} << 16); }

namespace detail {

/// Correct for every rounding: d is rounded to f32 so that its last bit is set whenever something was lost.
PTXVM_INLINE float round_to_odd(double d) {
  const float f = float(d);
  const double back = double(f);
  if (back == d || is_nan(d)) return f;
  const uint32_t bits = bits_of(f);
  if (bits & 1) return f;
  const bool away = (back > d) == (back > 0.0);  // f's magnitude is too large: the odd neighbour lies below
  if (back == 0.0) return float_of((bits_of(d) >> 63 != 0 ? kSignF32 : 0u) | 1u);
  return float_of(away ? bits - 1 : bits + 1);
}

/// Rounds magnitude bits to a multiple of 2^shift (0 < shift < 32) and shifts them out.
template <RoundMode R>
PTXVM_TEMPLATE uint32_t round_shift(uint32_t value, int shift, bool negative) {
  const uint32_t kept = value >> shift, lost = value & ((1u << shift) - 1), half = 1u << (shift - 1);
  if constexpr (R == RoundMode::kRn) return kept + (lost > half || (lost == half && (kept & 1)) ? 1 : 0);
  if constexpr (R == RoundMode::kRna) return kept + (lost >= half ? 1 : 0);
  if constexpr (R == RoundMode::kRp) return kept + (lost != 0 && !negative ? 1 : 0);
  if constexpr (R == RoundMode::kRm) return kept + (lost != 0 && negative ? 1 : 0);
  return kept;
}

}  // namespace detail

/// f32 -> f16, one rounding. Overflow gives infinity or the largest number, as the rounding asks.
template <RoundMode R = RoundMode::kRn>
PTXVM_TEMPLATE uint16_t f32_to_f16(float x) {
  const uint32_t bits = bits_of(x), magnitude = bits & 0x7fffffffu;
  const bool negative = bits >> 31 != 0;
  const uint16_t sign = uint16_t((bits >> 16) & 0x8000u);
  if (magnitude > 0x7f800000u) return kNanF16;
  if (magnitude == 0x7f800000u) return uint16_t(sign | 0x7c00u);
  if (magnitude >= 0x47800000u) {  // 2^16 and above
    const bool infinite =
        R == RoundMode::kRn || (R == RoundMode::kRp && !negative) || (R == RoundMode::kRm && negative);
    return uint16_t(sign | (infinite ? 0x7c00u : 0x7bffu));
  }
  if (magnitude >= 0x38800000u) {  // normal in f16
    return uint16_t(sign | detail::round_shift<R>(magnitude - 0x38000000u, 13, negative));
  }
  const int exponent = int(magnitude >> 23);
  const uint32_t fraction = exponent == 0 ? magnitude : (magnitude & 0x7fffffu) | 0x800000u;
  const int shift = 126 - (exponent == 0 ? 1 : exponent);  // f16's last place is 2^-24
  if (shift > 30) return uint16_t(sign | detail::round_shift<R>(magnitude != 0 ? 1 : 0, 2, negative));
  return uint16_t(sign | detail::round_shift<R>(fraction, shift, negative));
}

/// f32 -> bf16, one rounding.
template <RoundMode R = RoundMode::kRn>
PTXVM_TEMPLATE uint16_t f32_to_bf16(float x) {
  const uint32_t bits = bits_of(x), magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return kNanBf16;
  return uint16_t(((bits >> 16) & 0x8000u) | detail::round_shift<R>(magnitude, 16, bits >> 31 != 0));
}

/// f64 -> f16 and bf16 without double rounding.
template <RoundMode R = RoundMode::kRn>
PTXVM_TEMPLATE uint16_t f64_to_f16(double x) {
  return f32_to_f16<R>(detail::round_to_odd(x));
}
template <RoundMode R = RoundMode::kRn>
PTXVM_TEMPLATE uint16_t f64_to_bf16(double x) {
  return f32_to_bf16<R>(detail::round_to_odd(x));
}

/// What an f16 or bf16 instruction does to its result, and .ftz (f16 only) to its operands too.
struct HalfModifiers {
  bool ftz = false, sat = false, relu = false;
};

/// Traits of the two 16-bit formats, so that each operation is written once.
struct F16 {
  static constexpr uint16_t kNan = kNanF16, kInfinity = 0x7c00, kOne = 0x3c00;
  [[gnu::always_inline]] static constexpr float wide(uint16_t h) { return f16_to_f32(h); }
  [[gnu::always_inline]] static constexpr uint16_t narrow(float x) { return f32_to_f16(x); }
  [[gnu::always_inline]] static constexpr uint16_t narrow(double x) { return f64_to_f16(x); }
  [[gnu::always_inline]] static constexpr uint16_t flush(uint16_t h) {
    return (h & kInfinity) == 0 ? uint16_t(h & 0x8000u) : h;
  }
};
struct Bf16 {
  static constexpr uint16_t kNan = kNanBf16, kInfinity = 0x7f80, kOne = 0x3f80;
  [[gnu::always_inline]] static constexpr float wide(uint16_t h) { return bf16_to_f32(h); }
  [[gnu::always_inline]] static constexpr uint16_t narrow(float x) { return f32_to_bf16(x); }
  [[gnu::always_inline]] static constexpr uint16_t narrow(double x) { return f64_to_bf16(x); }
  [[gnu::always_inline]] static constexpr uint16_t flush(uint16_t h) {
    return (h & kInfinity) == 0 ? uint16_t(h & 0x8000u) : h;
  }
};

namespace detail {
/// a + b in f64, with the last bit set if the sum is not exact.
PTXVM_INLINE double sum_to_odd(double a, double b) {
  const double sum = a + b, part = sum - a;
  const double error = (a - (sum - part)) + (b - part);  // NaN where the sum is infinite
  const uint64_t bits = bits_of(sum);
  const bool inexact = error < 0.0 || error > 0.0;
  if (!inexact || (bits & 1) != 0) return sum;
  return double_of((error > 0.0) == (sum > 0.0) ? bits | 1 : bits - 1);
}

template <class H>
PTXVM_TEMPLATE bool half_is_nan(uint16_t h) {
  return (h & 0x7fffu) > H::kInfinity;
}
template <class H, HalfModifiers M>
PTXVM_TEMPLATE uint16_t half_operand(uint16_t h) {
  return M.ftz ? H::flush(h) : h;
}
/// .sat clamps to [0, 1] with NaN -> +0; .relu makes negative numbers +0 and NaN canonical.
template <class H, HalfModifiers M>
PTXVM_TEMPLATE uint16_t half_finish(uint16_t h) {
  if (M.ftz) h = H::flush(h);
  if (half_is_nan<H>(h)) return M.sat ? uint16_t(0) : H::kNan;
  if ((M.sat || M.relu) && (h & 0x8000u) != 0) return 0;
  if (M.sat && h > H::kOne) return H::kOne;
  return h;
}
}  // namespace detail

/// add, sub, mul, fma of f16 and bf16, rounded to nearest even once. f32 holds a product of two halves exactly and is
/// wide enough (24 >= 2 * 11 + 2 bits) for the second rounding of a sum to be harmless; fma sums in f64, to odd: with a
/// product halfway between two bf16 and a c that is 2^53 times smaller, plain f64 would lose c and break the tie
/// wrongly.
template <class H, HalfModifiers M = HalfModifiers{}>
PTXVM_TEMPLATE uint16_t half_add(uint16_t a, uint16_t b) {
  return detail::half_finish<H, M>(
      H::narrow(H::wide(detail::half_operand<H, M>(a)) + H::wide(detail::half_operand<H, M>(b))));
}
template <class H, HalfModifiers M = HalfModifiers{}>
PTXVM_TEMPLATE uint16_t half_sub(uint16_t a, uint16_t b) {
  return detail::half_finish<H, M>(
      H::narrow(H::wide(detail::half_operand<H, M>(a)) - H::wide(detail::half_operand<H, M>(b))));
}
template <class H, HalfModifiers M = HalfModifiers{}>
PTXVM_TEMPLATE uint16_t half_mul(uint16_t a, uint16_t b) {
  return detail::half_finish<H, M>(
      H::narrow(H::wide(detail::half_operand<H, M>(a)) * H::wide(detail::half_operand<H, M>(b))));
}
template <class H, HalfModifiers M = HalfModifiers{}>
PTXVM_TEMPLATE uint16_t half_fma(uint16_t a, uint16_t b, uint16_t c) {
  const double product =
      double(H::wide(detail::half_operand<H, M>(a))) * double(H::wide(detail::half_operand<H, M>(b)));
  return detail::half_finish<H, M>(H::narrow(detail::sum_to_odd(product, H::wide(detail::half_operand<H, M>(c)))));
}

/// min/max{.ftz}{.NaN}{.xorsign.abs}, abs, neg of f16 and bf16.
template <class H, bool Max, bool Ftz = false, NanRule N = NanRule::kNumber, bool XorSign = false>
PTXVM_TEMPLATE uint16_t half_min_max(uint16_t a, uint16_t b) {
  if (Ftz) {
    a = H::flush(a);
    b = H::flush(b);
  }
  const bool nan_a = detail::half_is_nan<H>(a), nan_b = detail::half_is_nan<H>(b);
  const uint16_t sign = uint16_t((a ^ b) & 0x8000u);
  if (N == NanRule::kNan && (nan_a || nan_b)) return H::kNan;
  if (nan_a && nan_b) return H::kNan;
  if (XorSign) {
    a &= 0x7fff;
    b &= 0x7fff;
  }
  // Sign and magnitude as a two's complement key orders -0 below +0.
  const int key_a = (a & 0x8000) != 0 ? ~(a & 0x7fff) : int(a);
  const int key_b = (b & 0x8000) != 0 ? ~(b & 0x7fff) : int(b);
  const uint16_t chosen = nan_a ? b : nan_b ? a : (key_a > key_b) == Max ? a : b;
  return XorSign ? uint16_t(chosen | sign) : chosen;
}
template <bool Ftz, class H>
PTXVM_TEMPLATE uint16_t half_abs(uint16_t a) {
  return uint16_t((Ftz ? H::flush(a) : a) & 0x7fffu);
}
template <bool Ftz, class H>
PTXVM_TEMPLATE uint16_t half_neg(uint16_t a) {
  return uint16_t((Ftz ? H::flush(a) : a) ^ 0x8000u);
}

/// The packed forms apply a scalar operation to both halves.
template <class Op>
PTXVM_TEMPLATE uint32_t packed(Op op, uint32_t a, uint32_t b) {
  return (uint32_t{op(uint16_t(a >> 16), uint16_t(b >> 16))} << 16) | op(uint16_t(a), uint16_t(b));
}
template <class Op>
PTXVM_TEMPLATE uint32_t packed(Op op, uint32_t a, uint32_t b, uint32_t c) {
  return (uint32_t{op(uint16_t(a >> 16), uint16_t(b >> 16), uint16_t(c >> 16))} << 16) |
         op(uint16_t(a), uint16_t(b), uint16_t(c));
}

}  // namespace ptxvm
