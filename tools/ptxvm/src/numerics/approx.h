// Approximate f32 instructions for a whole warp, under two legal models (modes.h).
//
// Documented bounds (PTX ISA), e = absolute, r = relative error, ulp = units in the last place:
//   rcp.approx      max 1 ulp                       rsqrt.approx   max r 2^-22.9
//   sqrt.approx     max r 2^-23                     div.approx     max 2 ulp for |b| in [2^-126, 2^126]
//   div.full        max 2 ulp over the full range   ex2.approx     max 2 ulp (about r 2^-22.5)
//   lg2.approx      max e 2^-22 for a in (0.5, 2), else r 2^-22
//   sin/cos.approx  max e 2^-20.5 in [-pi, pi]      tanh.approx    max r 2^-11
//   ex2.approx.f16  max r 2^-9.9                    tanh.approx.f16  max e 2^-10.987
//   ex2.approx.bf16 max r 2^-7                      tanh.approx.bf16 max e 2^-8
//
// kNearest: the correctly rounded value, but for one argument in some 10^7 (the f64 evaluation is good to 2^-50).
// kOther: where a hash of the argument says so, the neighbour on the other side of the exact value (error < 1 ulp);
// sin and cos additionally move by 2^-22, tanh by 2^-13 of its value. What is exact stays exact.
#pragma once

#include <cstdint>

#include "modes.h"

namespace ptxvm {

enum class Approx : uint8_t {
  kRcp,
  kRsqrt,
  kSqrt,
  kEx2,
  kLg2,
  kSin,
  kCos,
  kTanh,  // f32
  kEx2F16,
  kEx2Bf16,
  kTanhF16,
  kTanhBf16,  // one half in the low 16 bits of each lane
  kEx2F16x2,
  kEx2Bf16x2,
  kTanhF16x2,
  kTanhBf16x2,  // both halves
};

/// d[lane] = op(a[lane]) for all 32 lanes, in place if wanted. Any bits may be in lanes that are switched off.
using ApproxFn = void (*)(uint32_t* d, const uint32_t* a);
ApproxFn find_approx(Approx op, bool ftz, Model model);

/// div.approx{.ftz} and div.full{.ftz}. div.approx gives 0 for |b| in (2^126, 2^128) and finite a, NaN for infinite a.
using ApproxDivFn = void (*)(uint32_t* d, const uint32_t* a, const uint32_t* b);
ApproxDivFn find_approx_div(bool full, bool ftz, Model model);

/// rcp.approx.ftz.f64 and rsqrt.approx.ftz.f64: only the upper 32 bits of argument and result count, the lower are 0.
/// Subnormal arguments count as zero.
double rcp_approx_f64(double a, Model model);
double rsqrt_approx_f64(double a, Model model);

}  // namespace ptxvm
