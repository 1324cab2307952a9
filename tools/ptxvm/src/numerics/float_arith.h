// add, sub, mul, fma, div, rcp, sqrt of f32 and f64 with every rounding, .ftz and .sat: bit-exact (PTX ISA,
// floating-point instructions). Round-to-nearest is plain host arithmetic, so loops over lanes vectorise; a directed
// rounding sets MXCSR around the one instruction, inside one asm block that the compiler cannot reorder.
#pragma once

#include "bits.h"
#include "modes.h"

namespace ptxvm {

namespace detail {

[[gnu::always_inline]] static inline float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
[[gnu::always_inline]] static inline double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }

/// MXCSR with all exceptions masked and the rounding in bits 13-14.
template <RoundMode R>
inline constexpr uint32_t kMxcsr = 0x1f80u | (R == RoundMode::kRm   ? 0x2000u
                                              : R == RoundMode::kRp ? 0x4000u
                                              : R == RoundMode::kRz ? 0x6000u
                                                                    : 0u);

#define PTXVM_DIRECTED_2(name, type, suffix)                                                                          \
  template <RoundMode R>                                                                                              \
  [[gnu::always_inline]] inline type name(type a, type b) {                                                           \
    const uint32_t wanted = kMxcsr<R>, usual = kMxcsr<RoundMode::kRn>;                                                \
    asm volatile("vldmxcsr %2\n\tv" suffix " %1, %0, %0\n\tvldmxcsr %3" : "+x"(a) : "x"(b), "m"(wanted), "m"(usual)); \
    return a;                                                                                                         \
  }
PTXVM_DIRECTED_2(directed_add, float, "addss")
PTXVM_DIRECTED_2(directed_add, double, "addsd")
PTXVM_DIRECTED_2(directed_mul, float, "mulss")
PTXVM_DIRECTED_2(directed_mul, double, "mulsd")
PTXVM_DIRECTED_2(directed_div, float, "divss")
PTXVM_DIRECTED_2(directed_div, double, "divsd")
#undef PTXVM_DIRECTED_2

#define PTXVM_DIRECTED_SQRT(type, suffix)                                                                     \
  template <RoundMode R>                                                                                      \
  [[gnu::always_inline]] inline type directed_sqrt(type a) {                                                  \
    const uint32_t wanted = kMxcsr<R>, usual = kMxcsr<RoundMode::kRn>;                                        \
    asm volatile("vldmxcsr %1\n\tv" suffix " %0, %0, %0\n\tvldmxcsr %2" : "+x"(a) : "m"(wanted), "m"(usual)); \
    return a;                                                                                                 \
  }
PTXVM_DIRECTED_SQRT(float, "sqrtss")
PTXVM_DIRECTED_SQRT(double, "sqrtsd")
#undef PTXVM_DIRECTED_SQRT

#define PTXVM_DIRECTED_FMA(type, suffix)                                        \
  template <RoundMode R>                                                        \
  [[gnu::always_inline]] inline type directed_fma(type a, type b, type c) {     \
    const uint32_t wanted = kMxcsr<R>, usual = kMxcsr<RoundMode::kRn>;          \
    asm volatile("vldmxcsr %3\n\tvfmadd213" suffix " %2, %1, %0\n\tvldmxcsr %4" \
                 : "+x"(a)                                                      \
                 : "x"(b), "x"(c), "m"(wanted), "m"(usual));                    \
    return a;                                                                   \
  }
PTXVM_DIRECTED_FMA(float, "ss")
PTXVM_DIRECTED_FMA(double, "sd")
#undef PTXVM_DIRECTED_FMA

template <bool Ftz, bool Sat>
PTXVM_TEMPLATE float finish(float r) {
  if constexpr (Sat) return saturate(flush_if<Ftz>(r));
  return canonical(flush_if<Ftz>(r));
}
template <bool Ftz, bool Sat>
PTXVM_TEMPLATE double finish(double r) {
  static_assert(!Ftz && !Sat, "f64 has neither .ftz nor .sat");
  return r;
}
template <bool Ftz>
PTXVM_TEMPLATE float operand(float x) {
  return flush_if<Ftz>(x);
}
template <bool Ftz>
PTXVM_TEMPLATE double operand(double x) {
  return x;
}

}  // namespace detail

/// add{.rnd}{.ftz}{.sat}
template <RoundMode R = RoundMode::kRn, bool Ftz = false, bool Sat = false, class T>
PTXVM_TEMPLATE T fp_add(T a, T b) {
  a = detail::operand<Ftz>(a);
  b = detail::operand<Ftz>(b);
  if constexpr (R == RoundMode::kRn) return detail::finish<Ftz, Sat>(a + b);
  return detail::finish<Ftz, Sat>(detail::directed_add<R>(a, b));
}

/// sub{.rnd}{.ftz}{.sat}
template <RoundMode R = RoundMode::kRn, bool Ftz = false, bool Sat = false, class T>
PTXVM_TEMPLATE T fp_sub(T a, T b) {
  a = detail::operand<Ftz>(a);
  b = detail::operand<Ftz>(b);
  if constexpr (R == RoundMode::kRn) return detail::finish<Ftz, Sat>(a - b);
  return detail::finish<Ftz, Sat>(detail::directed_add<R>(a, -b));
}

/// mul{.rnd}{.ftz}{.sat}
template <RoundMode R = RoundMode::kRn, bool Ftz = false, bool Sat = false, class T>
PTXVM_TEMPLATE T fp_mul(T a, T b) {
  a = detail::operand<Ftz>(a);
  b = detail::operand<Ftz>(b);
  if constexpr (R == RoundMode::kRn) return detail::finish<Ftz, Sat>(a * b);
  return detail::finish<Ftz, Sat>(detail::directed_mul<R>(a, b));
}

/// fma.rnd{.ftz}{.sat}, and mad.rnd of sm_20 and later. The host must have FMA (AVX2 machines do).
template <RoundMode R = RoundMode::kRn, bool Ftz = false, bool Sat = false, class T>
PTXVM_TEMPLATE T fp_fma(T a, T b, T c) {
  a = detail::operand<Ftz>(a);
  b = detail::operand<Ftz>(b);
  c = detail::operand<Ftz>(c);
  if constexpr (R == RoundMode::kRn) return detail::finish<Ftz, Sat>(detail::fused(a, b, c));
  return detail::finish<Ftz, Sat>(detail::directed_fma<R>(a, b, c));
}

/// div.rnd{.ftz}: the IEEE 754 quotient. (.approx and .full are in approx.h.)
template <RoundMode R = RoundMode::kRn, bool Ftz = false, class T>
PTXVM_TEMPLATE T fp_div(T a, T b) {
  a = detail::operand<Ftz>(a);
  b = detail::operand<Ftz>(b);
  if constexpr (R == RoundMode::kRn) return detail::finish<Ftz, false>(a / b);
  return detail::finish<Ftz, false>(detail::directed_div<R>(a, b));
}

/// rcp.rnd{.ftz}
template <RoundMode R = RoundMode::kRn, bool Ftz = false, class T>
PTXVM_TEMPLATE T fp_rcp(T a) {
  return fp_div<R, Ftz>(T(1), a);
}

/// sqrt.rnd{.ftz}
template <RoundMode R = RoundMode::kRn, bool Ftz = false, class T>
PTXVM_TEMPLATE T fp_sqrt(T a) {
  a = detail::operand<Ftz>(a);
  return detail::finish<Ftz, false>(detail::directed_sqrt<R>(a));
}

}  // namespace ptxvm
