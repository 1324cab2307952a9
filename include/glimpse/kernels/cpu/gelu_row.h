// Layer norm and the exact GELU of a row; include after one simd_*.h.
#pragma once
#include "glimpse/kernels/cpu/row_block.h"
#include "glimpse/kernels/cpu/simd_exp.h"

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

template <int N> inline Floats polynomial(const float (&c)[N], Floats x) {  // c[0] + c[1] x + ...
  Floats p = splat(c[N - 1]);
  for (int i = N - 2; i >= 0; --i) p = fma(p, x, splat(c[i]));
  return p;
}

// u (1 + erf(u / sqrt 2)) / 2. With x = |u| / sqrt 2, below 1: erf(x) = x P(x^2); from there erfc(x) = exp(-x^2) Q(t),
// t = 1 / (1 + x / 2), so that the negative side does not cancel. P and Q interpolate at Chebyshev points of [0, 1] and
// [1/6, 2/3]: relative errors below 1.4e-9 and, of erfc, 1.6e-8.
inline Floats gelu(Floats u) {
  constexpr float kP[] = {1.12837917f, -0.376126267f, 0.112835947f, -0.026854212f, 0.00518908742f, -0.000801686428f,
                          7.87587505e-05f};
  constexpr float kQ[] = {-6.43382305e-06f, 0.282256286f,  0.280404709f,    0.256298272f,  0.146607776f,
                          0.129651884f,     -0.00626017429f, -0.162637745f, 0.074066185f};
  const Floats one = splat(1.0f), x = mul(u, splat(0.70710678f)), z = mul(x, x), size = max(x, sub(zeros(), x));
  const Floats near = fma(x, polynomial(kP, z), one);
  const Floats t = div(one, fma(size, splat(0.5f), one));
  const Floats tail = mul(exp(sub(zeros(), z)), polynomial(kQ, t));
  const Floats far = where_less(u, zeros(), tail, sub(splat(2.0f), tail));
  return mul(mul(splat(0.5f), u), where_less(size, one, near, far));
}

// The value between the two is rounded to x's type, and stored where `normed` is given.
inline void layer_norm_gelu_row(const In& x, const In& weight, const In& bias, int64_t n, float eps, const Out* normed,
                                const Out& y) {
  Floats total = zeros(), squares = zeros();
  for (int64_t i = 0; i < n; i += kLanes) total = add(total, load_at(x, i, some(n - i)));
  const Floats mean = splat(float(double(sum(total)) / double(n)));
  for (int64_t i = 0; i + kLanes <= n; i += kLanes) {
    const Floats v = sub(load_at(x, i, kLanes), mean);
    squares = fma(v, v, squares);
  }
  if (n % kLanes) {  // zeros behind the row must not count
    float rest[kLanes] = {};
    store(rest, sub(load_at(x, n - n % kLanes, n % kLanes), mean));
    for (int64_t i = n % kLanes; i < kLanes; ++i) rest[i] = 0;
    squares = fma(load(rest), load(rest), squares);
  }
  const Floats scale = splat(float(1 / __builtin_sqrt(double(sum(squares)) / double(n) + double(eps))));
  for (int64_t i = 0; i < n; i += kLanes) {
    const int64_t here = some(n - i);
    const Floats v = mul(sub(load_at(x, i, here), mean), scale);
    const Floats u = round_as(x.bf16, add(mul(v, load_at(weight, i, here)), load_at(bias, i, here)));
    if (normed) store_at(*normed, i, u, here);
    store_at(y, i, gelu(u), here);
  }
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
