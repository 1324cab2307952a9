// Bit patterns of the floating-point formats and the canonical NaNs of the ISA.
#pragma once

#include <cstdint>

// Every function here may be compiled for several instruction sets in one program. always_inline and internal linkage
// keep the linker from choosing one copy for all of them.
#define PTXVM_INLINE [[gnu::always_inline]] static constexpr inline
#define PTXVM_TEMPLATE [[gnu::always_inline]] constexpr inline

namespace ptxvm {

/// Every single-precision result that is a NaN is this one (PTX ISA, floating-point instructions).
inline constexpr uint32_t kNanF32 = 0x7fffffffu;
/// The same for f16, f16x2, bf16 and bf16x2 results.
inline constexpr uint16_t kNanF16 = 0x7fffu;
inline constexpr uint16_t kNanBf16 = 0x7fffu;
/// Double precision carries NaN payloads; an operation without a NaN operand makes this one.
inline constexpr uint64_t kNanF64 = 0xfff8000000000000ull;

inline constexpr uint32_t kSignF32 = 0x80000000u;
inline constexpr uint64_t kSignF64 = 0x8000000000000000ull;

PTXVM_INLINE uint32_t bits_of(float x) { return __builtin_bit_cast(uint32_t, x); }
PTXVM_INLINE uint64_t bits_of(double x) { return __builtin_bit_cast(uint64_t, x); }
PTXVM_INLINE float float_of(uint32_t x) { return __builtin_bit_cast(float, x); }
PTXVM_INLINE double double_of(uint64_t x) { return __builtin_bit_cast(double, x); }

PTXVM_INLINE bool is_nan(float x) { return (bits_of(x) & ~kSignF32) > 0x7f800000u; }
PTXVM_INLINE bool is_nan(double x) { return (bits_of(x) & ~kSignF64) > 0x7ff0000000000000ull; }
PTXVM_INLINE bool is_nan_f16(uint16_t x) { return (x & 0x7fffu) > 0x7c00u; }
PTXVM_INLINE bool is_nan_bf16(uint16_t x) { return (x & 0x7fffu) > 0x7f80u; }

/// NaN results of f32 instructions lose sign and payload.
PTXVM_INLINE float canonical(float x) { return is_nan(x) ? float_of(kNanF32) : x; }

/// .ftz: a subnormal number becomes a zero of the same sign.
PTXVM_INLINE float flush(float x) { return (bits_of(x) & 0x7f800000u) == 0 ? float_of(bits_of(x) & kSignF32) : x; }
template <bool Ftz>
PTXVM_TEMPLATE float flush_if(float x) {
  return Ftz ? flush(x) : x;
}

/// .sat: clamps to [0, 1]; NaN, -0 and what is below become +0.
PTXVM_INLINE float saturate(float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }
PTXVM_INLINE double saturate(double x) { return x > 0.0 ? (x < 1.0 ? x : 1.0) : 0.0; }

}  // namespace ptxvm
