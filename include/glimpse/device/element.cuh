// Elements of either activation dtype through one code: load as f32, store with the dtype's rounding.
#pragma once
#include "glimpse/core/dtype.h"

namespace glimpse::dev {

template <class T> __device__ float load(const T* p) { return to_f32(*p); }
__device__ inline void store(float* p, float v) { *p = v; }
__device__ inline void store(bf16* p, float v) { *p = to_bf16(v); }
// The rounding of a value kept in T between two operations.
__device__ inline float rounded(float v, const float*) { return v; }
__device__ inline float rounded(float v, const bf16*) { return to_f32(to_bf16(v)); }

}  // namespace glimpse::dev
