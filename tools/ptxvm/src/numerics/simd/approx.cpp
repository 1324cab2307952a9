// Approximate instructions, 32 lanes at a time: evaluated in f64 (relative error about 2^-50), then rounded as the
// model says. Plain loops without branches, so that they vectorise.
#include "../half.h"
#include "simd.h"

extern "C" {
double sin(double);
double cos(double);
}

namespace ptxvm::PTXVM_ISA {
namespace {

#define PTXVM_EVAL [[gnu::always_inline]] inline double

PTXVM_EVAL fma3(double a, double b, double c) { return __builtin_fma(a, b, c); }
constexpr double kNan = __builtin_nan(""), kInf = __builtin_inf();
constexpr double kRoundMagic = 0x1.8p52;  // adding it leaves an integer in the low bits

/// 2^x: 2^n times the Taylor series of exp(r ln 2), |r| <= 1/2.
PTXVM_EVAL exp2_of(double x) {
  const double clamped = x < -300.0 ? -300.0 : x > 300.0 ? 300.0 : x;
  const double t = clamped + kRoundMagic, r = (clamped - (t - kRoundMagic)) * 0x1.62e42fefa39efp-1;
  double p = 1.0 / 6227020800.0;
  p = fma3(p, r, 1.0 / 479001600.0);
  p = fma3(p, r, 1.0 / 39916800.0);
  p = fma3(p, r, 1.0 / 3628800.0);
  p = fma3(p, r, 1.0 / 362880.0);
  p = fma3(p, r, 1.0 / 40320.0);
  p = fma3(p, r, 1.0 / 5040.0);
  p = fma3(p, r, 1.0 / 720.0);
  p = fma3(p, r, 1.0 / 120.0);
  p = fma3(p, r, 1.0 / 24.0);
  p = fma3(p, r, 1.0 / 6.0);
  p = fma3(p, r, 0.5);
  p = fma3(p, r, 1.0);
  p = fma3(p, r, 1.0);
  const double scaled = double_of(bits_of(p) + (bits_of(t) << 52));
  return x != x ? x : scaled;
}

/// log2 x = e + log2 m, m in [sqrt 1/2, sqrt 2), by the series of the inverse hyperbolic tangent.
PTXVM_EVAL log2_of(double x) {
  constexpr uint64_t kRootHalf = 0x3fe6a09e667f3bcd;
  const uint64_t shifted = bits_of(x) - kRootHalf + (uint64_t{2048} << 52);
  const uint64_t exponent = shifted >> 52;  // 2048 more than e
  const double e = double_of(exponent | 0x4330000000000000ull) - 0x1p52 - 2048.0;
  const double m = double_of(bits_of(x) - ((exponent - 2048) << 52));
  const double s = (m - 1.0) / (m + 1.0), z = s * s;
  double p = 1.0 / 23.0;
  for (int k = 21; k >= 3; k -= 2) p = fma3(p, z, 1.0 / k);
  const double log2e2 = 0x1.71547652b82fep+1;  // 2 / ln 2
  const double r = fma3(s * log2e2, p * z, s * log2e2) + e;
  return x > 0.0 ? (x < kInf ? r : kInf) : x == 0.0 ? -kInf : kNan;
}

/// sin (quadrant 0) or cos (quadrant 1) of |x| <= 2^19: pi/2 in three parts.
PTXVM_EVAL sine_of(double x, uint64_t quadrant) {
  const double t = fma3(x, 0x1.45f306dc9c883p-1, kRoundMagic), n = t - kRoundMagic;
  double r = fma3(-n, 0x1.921fb544p+0, x);
  r = fma3(-n, 0x1.0b4611a6p-34, r);
  r = fma3(-n, 0x1.3198a2e037073p-69, r);
  const double z = r * r;
  double s = 1.0 / 355687428096000.0;
  s = fma3(s, z, -1.0 / 1307674368000.0);
  s = fma3(s, z, 1.0 / 6227020800.0);
  s = fma3(s, z, -1.0 / 39916800.0);
  s = fma3(s, z, 1.0 / 362880.0);
  s = fma3(s, z, -1.0 / 5040.0);
  s = fma3(s, z, 1.0 / 120.0);
  s = fma3(s, z, -1.0 / 6.0);
  s = fma3(s * z, r, r);
  double c = 1.0 / 20922789888000.0;
  c = fma3(c, z, -1.0 / 87178291200.0);
  c = fma3(c, z, 1.0 / 479001600.0);
  c = fma3(c, z, -1.0 / 3628800.0);
  c = fma3(c, z, 1.0 / 40320.0);
  c = fma3(c, z, -1.0 / 720.0);
  c = fma3(c, z, 1.0 / 24.0);
  c = fma3(c, z, -0.5);
  c = fma3(c, z, 1.0);
  const uint64_t q = bits_of(t) + quadrant;
  const double v = (q & 1) != 0 ? c : s;
  return double_of(bits_of(v) ^ ((q & 2) << 62));
}

/// tanh: Lambert's continued fraction up to 0.7, else 1 - 2 / (exp(2|x|) + 1).
PTXVM_EVAL tanh_of(double x) {
  const double magnitude = __builtin_fabs(x), z = x * x;
  double f = 17.0;
  for (int k = 15; k >= 1; k -= 2) f = fma3(z, 1.0 / f, k);
  const double near = magnitude / f;
  const double far = 1.0 - 2.0 / (exp2_of(magnitude * 0x1.71547652b82fep+1) + 1.0);
  return __builtin_copysign(magnitude < 0.7 ? near : far, x);
}

template <Approx Op>
PTXVM_EVAL evaluate(double x) {
  if constexpr (Op == Approx::kRcp) return 1.0 / x;
  if constexpr (Op == Approx::kRsqrt) return 1.0 / __builtin_sqrt(x);
  if constexpr (Op == Approx::kSqrt) return __builtin_sqrt(x);
  if constexpr (Op == Approx::kEx2) return exp2_of(x);
  if constexpr (Op == Approx::kLg2) return log2_of(x);
  if constexpr (Op == Approx::kTanh) return tanh_of(x);
  const double small = sine_of(x, Op == Approx::kCos ? 1 : 0);
  return Op == Approx::kSin && x == 0.0 ? x : small;
}

/// -1, 0 or 1 of the argument's bits.
[[gnu::always_inline]] inline int hash_step(uint32_t bits) {
  const uint32_t h = (bits * 0x9e3779b1u) >> 30;
  return h == 0 ? -1 : h == 1 ? 1 : 0;
}

/// The f32 neighbour of r on the other side of v.
[[gnu::always_inline]] inline float other_side(float r, double v) {
  const double back = r;
  const int step = __builtin_fabs(back) < __builtin_fabs(v) ? 1 : -1;
  return back == v || v != v ? r : float_of(bits_of(r) + uint32_t(step));
}

template <Approx Op, bool Ftz, Model M>
[[gnu::always_inline]] inline float round_result(double v, uint32_t argument) {
  if constexpr (M == Model::kNearest) return canonical(flush_if<Ftz>(float(v)));
  const int step = hash_step(argument);
  if (Op == Approx::kSin || Op == Approx::kCos) {
    const double moved = v + step * 0x1p-22;
    v = __builtin_fabs(v) < 0x1p-20 || __builtin_fabs(v) == 1.0 || __builtin_fabs(moved) > 1.0 ? v : moved;
  }
  if (Op == Approx::kTanh) {
    const double moved = v * (1.0 + step * 0x1p-13);
    v = __builtin_fabs(v) == 1.0 || __builtin_fabs(moved) > 1.0 ? v : moved;
  }
  const float nearest = float(v);
  return canonical(flush_if<Ftz>(step > 0 ? other_side(nearest, v) : nearest));
}

template <Approx Op, bool Ftz, Model M>
void warp(uint32_t* d, const uint32_t* a) {
  constexpr bool kTrigonometric = Op == Approx::kSin || Op == Approx::kCos;
  alignas(64) double x[32], v[32];
  for (int i = 0; i < 32; ++i) x[i] = flush_if<Ftz>(float_of(a[i]));
  for (int i = 0; i < 32; ++i) v[i] = evaluate<Op>(x[i]);
  if constexpr (kTrigonometric) {
    for (int i = 0; i < 32; ++i) {
      if (!(__builtin_fabs(x[i]) > 0x1p19)) continue;
      v[i] = __builtin_fabs(x[i]) == kInf ? kNan : Op == Approx::kSin ? sin(x[i]) : cos(x[i]);
    }
  }
  for (int i = 0; i < 32; ++i) d[i] = bits_of(round_result<Op, Ftz, M>(v[i], a[i]));
}

template <class H, bool Tanh, bool Ftz, Model M>
[[gnu::always_inline]] inline uint16_t half_result(uint16_t h) {
  const uint16_t argument = Ftz ? H::flush(h) : h;
  const double x = H::wide(argument), v = Tanh ? tanh_of(x) : exp2_of(x);
  uint16_t r = H::narrow(v);
  const double back = H::wide(r);
  if (M == Model::kOther && hash_step(argument) > 0 && back != v && v == v) {
    r = uint16_t(r + (__builtin_fabs(back) < __builtin_fabs(v) ? 1 : -1));
  }
  return Ftz ? H::flush(r) : r;
}
template <class H, bool Tanh, bool Packed, bool Ftz, Model M>
void warp_half(uint32_t* d, const uint32_t* a) {
  for (int i = 0; i < 32; ++i) {
    const uint32_t low = half_result<H, Tanh, Ftz, M>(uint16_t(a[i]));
    d[i] = low | (Packed ? uint32_t{half_result<H, Tanh, Ftz, M>(uint16_t(a[i] >> 16))} << 16 : 0u);
  }
}

template <bool Full, bool Ftz, Model M>
void warp_div(uint32_t* d, const uint32_t* a, const uint32_t* b) {
  for (int i = 0; i < 32; ++i) {
    const double x = flush_if<Ftz>(float_of(a[i])), y = flush_if<Ftz>(float_of(b[i]));
    double v = x / y;
    const double magnitude = __builtin_fabs(y);
    if (!Full && magnitude > 0x1p126 && magnitude < kInf) v = x * __builtin_copysign(0.0, y);
    d[i] = bits_of(round_result<Approx::kRcp, Ftz, M>(v, a[i] ^ (b[i] << 1)));
  }
}

template <bool Ftz, Model M>
ApproxFn pick(Approx op) {
  switch (op) {
    case Approx::kRcp: return warp<Approx::kRcp, Ftz, M>;
    case Approx::kRsqrt: return warp<Approx::kRsqrt, Ftz, M>;
    case Approx::kSqrt: return warp<Approx::kSqrt, Ftz, M>;
    case Approx::kEx2: return warp<Approx::kEx2, Ftz, M>;
    case Approx::kLg2: return warp<Approx::kLg2, Ftz, M>;
    case Approx::kSin: return warp<Approx::kSin, Ftz, M>;
    case Approx::kCos: return warp<Approx::kCos, Ftz, M>;
    case Approx::kTanh: return warp<Approx::kTanh, Ftz, M>;
    case Approx::kEx2F16: return warp_half<F16, false, false, Ftz, M>;
    case Approx::kEx2Bf16: return warp_half<Bf16, false, false, Ftz, M>;
    case Approx::kTanhF16: return warp_half<F16, true, false, Ftz, M>;
    case Approx::kTanhBf16: return warp_half<Bf16, true, false, Ftz, M>;
    case Approx::kEx2F16x2: return warp_half<F16, false, true, Ftz, M>;
    case Approx::kEx2Bf16x2: return warp_half<Bf16, false, true, Ftz, M>;
    case Approx::kTanhF16x2: return warp_half<F16, true, true, Ftz, M>;
    case Approx::kTanhBf16x2: return warp_half<Bf16, true, true, Ftz, M>;
  }
  return nullptr;
}

}  // namespace

ApproxFn approx(Approx op, bool ftz, Model model) {
  if (model == Model::kNearest) return ftz ? pick<true, Model::kNearest>(op) : pick<false, Model::kNearest>(op);
  return ftz ? pick<true, Model::kOther>(op) : pick<false, Model::kOther>(op);
}

ApproxDivFn approx_div(bool full, bool ftz, Model model) {
  constexpr Model n = Model::kNearest, o = Model::kOther;
  if (model == n && full) return ftz ? warp_div<true, true, n> : warp_div<true, false, n>;
  if (model == n) return ftz ? warp_div<false, true, n> : warp_div<false, false, n>;
  if (full) return ftz ? warp_div<true, true, o> : warp_div<true, false, o>;
  return ftz ? warp_div<false, true, o> : warp_div<false, false, o>;
}

}  // namespace ptxvm::PTXVM_ISA
