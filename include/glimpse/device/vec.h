// Eight bf16 in one 16-byte access, and their halves as floats.
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

}  // namespace glimpse::dev
