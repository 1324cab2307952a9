// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) and the exponential variate
// that sampling draws. Integer arithmetic and explicit fused multiply-adds only: the same bits on host and device.
#pragma once
#include <cmath>
#include <cstdint>

#include "glimpse/core/dtype.h"

namespace glimpse {

struct Philox {
  uint32_t word[4];
};

GLIMPSE_HD inline Philox philox(uint64_t key, uint64_t high, uint64_t low) {
  uint32_t c0 = uint32_t(low), c1 = uint32_t(low >> 32), c2 = uint32_t(high), c3 = uint32_t(high >> 32);
  uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
  for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    const uint64_t a = uint64_t(0xD2511F53u) * c0, b = uint64_t(0xCD9E8D57u) * c2;
    c0 = uint32_t(b >> 32) ^ c1 ^ k0, c2 = uint32_t(a >> 32) ^ c3 ^ k1;
    c1 = uint32_t(b), c3 = uint32_t(a);
  }
  return {{c0, c1, c2, c3}};
}

// exp(x) for x <= 0 to 2 ulp; 0 below -87. Cody-Waite reduction by ln 2 and a Taylor polynomial of degree 7.
GLIMPSE_HD inline float exp_same(float x) {
  if (!(x >= -87.f)) return 0;
  const float n = floorf(fmaf(x, 1.44269504f, 0.5f));
  const float r = fmaf(n, 2.12194440e-4f, fmaf(n, -0.693359375f, x));
  float p = 1.98412698e-4f;
  p = fmaf(p, r, 1.38888889e-3f), p = fmaf(p, r, 8.33333333e-3f), p = fmaf(p, r, 4.16666667e-2f);
  p = fmaf(p, r, 1.66666667e-1f), p = fmaf(p, r, 0.5f), p = fmaf(p, r, 1.f), p = fmaf(p, r, 1.f);
  return p * __builtin_bit_cast(float, uint32_t(int(n) + 127) << 23);
}

// log(x) for normal x > 0: x = 2^n m with m around 1, log m = 2 atanh((m - 1) / (m + 1)).
GLIMPSE_HD inline float log_same(float x) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, x);
  const int n = int(bits - 0x3f3504f3u) >> 23;
  const float m = __builtin_bit_cast(float, bits - (uint32_t(n) << 23)), s = (m - 1.f) / (m + 1.f), z = s * s;
  float p = 0.181818182f;
  p = fmaf(p, z, 0.222222222f), p = fmaf(p, z, 0.285714286f), p = fmaf(p, z, 0.4f), p = fmaf(p, z, 0.666666667f);
  const float series = fmaf(p * z, s, s + s);
  return fmaf(float(n), 0.693359375f, fmaf(float(n), -2.12194440e-4f, series));
}

// Exponential variate of token i: -log u, u uniform on (0, 1) in steps of 2^-24, shifted by half a step.
GLIMPSE_HD inline float exponential(uint64_t seed, uint32_t stream, uint32_t step, uint32_t i) {
  const Philox r = philox(seed, (uint64_t(stream) << 32) | step, i);
  const float u = fmaf(float(r.word[0] >> 8), 5.96046448e-8f, 2.98023224e-8f);
  return fmaxf(-log_same(u), 2.98023224e-8f);
}

}  // namespace glimpse
