// Rows as f32, whatever their dtype and strides: what the scalar CPU variants are written with.
#pragma once
#include "glimpse/core/tensor.h"

namespace glimpse::cpu {

// What the model rounds an intermediate to when activations have this dtype.
inline float round_to(DType dtype, float v) { return dtype == DType::bf16 ? to_f32(to_bf16(v)) : v; }

inline void load(const TensorView& t, int64_t offset, int64_t step, int64_t n, float* out) {
  if (t.dtype == DType::bf16)
    for (int64_t i = 0; i < n; ++i) out[i] = to_f32(static_cast<const bf16*>(t.data)[offset + i * step]);
  else
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<const float*>(t.data)[offset + i * step];
}

inline void store(const TensorView& t, int64_t offset, int64_t step, int64_t n, const float* in) {
  if (t.dtype == DType::bf16)
    for (int64_t i = 0; i < n; ++i) static_cast<bf16*>(t.data)[offset + i * step] = to_bf16(in[i]);
  else
    for (int64_t i = 0; i < n; ++i) static_cast<float*>(t.data)[offset + i * step] = in[i];
}

// Row m of a matrix, or a vector.
inline void load_row(const TensorView& t, int64_t m, float* out) {
  load(t, m * t.stride[0], t.stride[1], t.shape[1], out);
}
inline void store_row(const TensorView& t, int64_t m, const float* in) {
  store(t, m * t.stride[0], t.stride[1], t.shape[1], in);
}
inline void load_vector(const TensorView& t, float* out) { load(t, 0, t.stride[0], t.shape[0], out); }

}  // namespace glimpse::cpu
