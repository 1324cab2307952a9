// cvt: every conversion between integers, f16, bf16, tf32, f32, f64 and the 8-, 6- and 4-bit formats (PTX ISA, cvt).
#pragma once

#include "half.h"

namespace ptxvm {

/// Types a cvt reads or writes, one element of them.
enum class Numeric : uint8_t {
  kU8,
  kU16,
  kU32,
  kU64,
  kS8,
  kS16,
  kS32,
  kS64,
  kF16,
  kBf16,
  kTf32,
  kF32,
  kF64,
  kE4m3,
  kE5m2,
  kE2m3,
  kE3m2,
  kE2m1,
  kUe8m0,
};

/// One cvt. `round` is the floating-point rounding, or the integer rounding where `integral` is set
/// (.rni is kRn, .rzi kRz, .rmi kRm, .rpi kRp).
struct Conversion {
  Numeric to = Numeric::kF32, from = Numeric::kF32;
  RoundMode round = RoundMode::kRn;
  bool integral = false, ftz = false, sat = false, satfinite = false, relu = false;
};

/// Converts one element; `x` holds the source's bits in its low part (integers need no extension), the result has
/// zeros above the destination's width, except signed integers, which are sign-extended to 64 bits.
/// Float to integer: out of range clamps; NaN gives 0 if the source is not f64 and the destination not 64 bits wide,
/// else 1 << (width - 1). Float to float: NaN becomes the canonical NaN (f64: quiet, payload kept);
/// e4m3, e5m2: NaN stays NaN (0x7f); e2m3, e3m2, e2m1: NaN becomes the largest number; ue8m0: 0xff.
uint64_t convert(const Conversion& c, uint64_t x);

/// The integral value of .rni/.rzi/.rmi/.rpi.
template <RoundMode R>
PTXVM_TEMPLATE double round_integral(double x) {
  if constexpr (R == RoundMode::kRn) return __builtin_rint(x);
  if constexpr (R == RoundMode::kRm) return __builtin_floor(x);
  if constexpr (R == RoundMode::kRp) return __builtin_ceil(x);
  return __builtin_trunc(x);
}

}  // namespace ptxvm
