// Softmax over keys that come a tile at a time, on scores in mma's C layout: a lane holds two rows (l / 4 and eight
// below) of every 16-row block, a quad of lanes shares them.
#pragma once
#include "glimpse/ptx/math.h"

namespace glimpse::dev {

__device__ inline float quad_max(float v) {
  v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, 1));
  return fmaxf(v, __shfl_xor_sync(0xffffffffu, v, 2));
}
__device__ inline float quad_sum(float v) {
  v += __shfl_xor_sync(0xffffffffu, v, 1);
  return v + __shfl_xor_sync(0xffffffffu, v, 2);
}

// Running maximum of a row's scores and this lane's part of the sum of their exponentials.
struct SoftmaxRow {
  float top = -INFINITY, sum = 0;

  // s: this lane's scores of a tile, at s[n][first] and s[n][first + 1]; they become exp(scale * (s - top)), scale2
  // being scale * log2(e) > 0. Returns the factor that what was summed before takes. A tile of -inf changes nothing.
  template <int N> __device__ float update(float (&s)[N][4], int first, float scale2) {
    float largest = top;
#pragma unroll
    for (int n = 0; n < N; ++n) largest = fmaxf(largest, fmaxf(s[n][first], s[n][first + 1]));
    largest = quad_max(largest);
    // Both bases are rounded products, as the exponents below were and are: the factor brings no error of its own.
    const float base = largest == -INFINITY ? 0 : __fmul_rn(largest, scale2);
    const float factor = ptx::exp2(__fmul_rn(top, scale2) - base);
    sum *= factor;
#pragma unroll
    for (int n = 0; n < N; ++n)
#pragma unroll
      for (int i = first; i < first + 2; ++i) sum += s[n][i] = ptx::exp2(fmaf(s[n][i], scale2, -base));
    top = largest;
    return factor;
  }
};

}  // namespace glimpse::dev
