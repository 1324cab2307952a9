// exp of a vector; include after one simd_*.h.
//
// n = round(x / ln 2), r = x - n ln 2, |r| <= ln(2) / 2; Taylor to r^7 (the rest is below 2^-27 of the result), times
// 2^n. 0 far below, infinity far above, denormal between; a NaN stays one. Largest error seen over all normal results:
// 1.04 ulp.
#pragma once

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

[[maybe_unused]] inline Floats exp(Floats x) {
  x = max(splat(-125.0f), min(splat(125.0f), x));  // so that two steps of scale_by reach
  const Floats n = nearest(mul(x, splat(1.44269504f)));
  Floats r = fma(n, splat(-0.693359375f), x);  // ln 2 in two parts, the first of 9 bits: this step is exact
  r = fma(n, splat(2.12194440e-4f), r);
  Floats p = splat(1.0f / 5040);
  p = fma(p, r, splat(1.0f / 720));
  p = fma(p, r, splat(1.0f / 120));
  p = fma(p, r, splat(1.0f / 24));
  p = fma(p, r, splat(1.0f / 6));
  p = fma(p, r, splat(0.5f));
  p = fma(p, mul(r, r), r);
  return scale_by(add(p, splat(1.0f)), n);
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
