// Eight elements in 16-byte accesses, and as floats.
#pragma once
#include "glimpse/core/dtype.h"
#include "glimpse/ptx/cvt.h"

namespace glimpse::dev {

__device__ inline float low_f32(uint32_t pair) { return __uint_as_float(pair << 16); }
__device__ inline float high_f32(uint32_t pair) { return __uint_as_float(pair & 0xffff0000u); }

__device__ inline void widen(float (&to)[8], const uint4& v) {
  to[0] = low_f32(v.x), to[1] = high_f32(v.x), to[2] = low_f32(v.y), to[3] = high_f32(v.y);
  to[4] = low_f32(v.z), to[5] = high_f32(v.z), to[6] = low_f32(v.w), to[7] = high_f32(v.w);
}

// Sums of bf16 pairs, rounded to bf16.
__device__ inline uint32_t add_bf16(uint32_t a, uint32_t b) {
  return ptx::pack_bf16(low_f32(a) + low_f32(b), high_f32(a) + high_f32(b));
}
__device__ inline uint4 add_bf16(const uint4& a, const uint4& b) {
  return make_uint4(add_bf16(a.x, b.x), add_bf16(a.y, b.y), add_bf16(a.z, b.z), add_bf16(a.w, b.w));
}

__device__ inline uint4 load_16(const void* p) { return *static_cast<const uint4*>(p); }
__device__ inline void store_16(void* p, const uint4& v) { *static_cast<uint4*>(p) = v; }

// Element i of eight bf16.
__device__ inline bf16 element(const uint4& v, int i) {
  const uint32_t pair = i / 2 == 0 ? v.x : i / 2 == 1 ? v.y : i / 2 == 2 ? v.z : v.w;
  return bf16{uint16_t(i % 2 ? pair >> 16 : pair)};
}

// Eight elements as they lie in memory: one access of bf16, two of f32.
template <class T> struct Eight;
template <> struct Eight<bf16> {
  uint4 all;
};
template <> struct Eight<float> {
  uint4 low, high;
};

__device__ inline Eight<bf16> load_8(const bf16* p) { return {load_16(p)}; }
__device__ inline Eight<float> load_8(const float* p) { return {load_16(p), load_16(p + 4)}; }
__device__ inline void store_8(bf16* p, const Eight<bf16>& v) { store_16(p, v.all); }
__device__ inline void store_8(float* p, const Eight<float>& v) { store_16(p, v.low), store_16(p + 4, v.high); }

__device__ inline void widen(float (&to)[8], const Eight<bf16>& v) { widen(to, v.all); }
__device__ inline void widen(float (&to)[8], const Eight<float>& v) {
  to[0] = __uint_as_float(v.low.x), to[1] = __uint_as_float(v.low.y);
  to[2] = __uint_as_float(v.low.z), to[3] = __uint_as_float(v.low.w);
  to[4] = __uint_as_float(v.high.x), to[5] = __uint_as_float(v.high.y);
  to[6] = __uint_as_float(v.high.z), to[7] = __uint_as_float(v.high.w);
}

// Rounded to T.
template <class T> __device__ Eight<T> narrow(const float (&v)[8]);
template <> __device__ inline Eight<bf16> narrow(const float (&v)[8]) {
  return {make_uint4(ptx::pack_bf16(v[0], v[1]), ptx::pack_bf16(v[2], v[3]), ptx::pack_bf16(v[4], v[5]),
                     ptx::pack_bf16(v[6], v[7]))};
}
template <> __device__ inline Eight<float> narrow(const float (&v)[8]) {
  return {make_uint4(__float_as_uint(v[0]), __float_as_uint(v[1]), __float_as_uint(v[2]), __float_as_uint(v[3])),
          make_uint4(__float_as_uint(v[4]), __float_as_uint(v[5]), __float_as_uint(v[6]), __float_as_uint(v[7]))};
}

// The rounding of values kept in T between two operations.
template <class T> __device__ void round_8(float (&v)[8]) { widen(v, narrow<T>(v)); }

// Read-only rows of either dtype, told at run time: the weights of a norm.
struct AnyRow {
  const void* data;
  bool is_bf16;
  __device__ void load(float (&to)[8], int64_t at) const {
    if (is_bf16)
      widen(to, load_8(static_cast<const bf16*>(data) + at));
    else
      widen(to, load_8(static_cast<const float*>(data) + at));
  }
};

template <class T> __device__ float sum_of(const Eight<T>& v) {
  float wide[8], sum = 0;
  widen(wide, v);
#pragma unroll
  for (float x : wide) sum += x;
  return sum;
}

template <class T> __device__ float sum_of_squares(const Eight<T>& v) {
  float wide[8], sum = 0;
  widen(wide, v);
#pragma unroll
  for (float x : wide) sum = fmaf(x, x, sum);
  return sum;
}

// A norm's last step: v * scale, rounded to T, times the weights from column `at` on, not yet rounded.
template <class T> __device__ void scale_8(float (&v)[8], float scale, const AnyRow& weight, int at) {
  float w[8];
  weight.load(w, at);
#pragma unroll
  for (float& x : v) x *= scale;
  round_8<T>(v);
#pragma unroll
  for (int j = 0; j < 8; ++j) v[j] *= w[j];
}

}  // namespace glimpse::dev
