// Rows to columns and back, eight by eight whatever the vector width; include after one simd_*.h.
#pragma once

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

inline void transpose8(__m256 r[8]) {
  __m256 a[8], b[8];
  for (int i = 0; i < 4; ++i)
    a[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]), a[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  for (int i = 0; i < 8; i += 4) {
    b[i] = _mm256_shuffle_ps(a[i], a[i + 2], 0x44), b[i + 1] = _mm256_shuffle_ps(a[i], a[i + 2], 0xee);
    b[i + 2] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0x44), b[i + 3] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0xee);
  }
  for (int i = 0; i < 4; ++i)
    r[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20), r[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
}

inline float as_float(float v) { return v; }
inline float as_float(uint16_t v) { return __builtin_bit_cast(float, uint32_t(v) << 16); }

// out[i][c] = rows[c][i] as f32, i < n; columns is a multiple of 8.
template <class T> inline void gather_rows(const void* const* rows, int64_t columns, int64_t n, float* out) {
  for (int64_t c = 0; c < columns; c += 8) {
    const T* in[8];
    for (int k = 0; k < 8; ++k) in[k] = static_cast<const T*>(rows[c + k]);
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256 r[8];
      for (int k = 0; k < 8; ++k) r[k] = load8(in[k] + i);
      transpose8(r);
      for (int k = 0; k < 8; ++k) store8(out + (i + k) * columns + c, r[k]);
    }
    for (; i < n; ++i)
      for (int k = 0; k < 8; ++k) out[i * columns + c + k] = as_float(in[k][i]);
  }
}

// rows[c][i] = in[i][c], i < n, c < count; columns is a multiple of 8.
inline void scatter_rows(const float* in, int64_t columns, int64_t n, int64_t count, float* rows, int64_t stride) {
  for (int64_t c = 0; c < count; c += 8) {
    const int64_t here = count - c < 8 ? count - c : 8;
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256 r[8];
      for (int k = 0; k < 8; ++k) r[k] = load8(in + (i + k) * columns + c);
      transpose8(r);
      for (int64_t k = 0; k < here; ++k) store8(rows + (c + k) * stride + i, r[k]);
    }
    for (; i < n; ++i)
      for (int64_t k = 0; k < here; ++k) rows[(c + k) * stride + i] = in[i * columns + c + k];
  }
}

// n rows of width values as dense f32 rows.
template <class T> inline void widen_block(const T* in, int64_t stride, int64_t n, int64_t width, float* out) {
  for (int64_t j = 0; j < n; ++j, in += stride, out += width) {
    int64_t d = 0;
    for (; d + kLanes <= width; d += kLanes) store(out + d, load(in + d));
    for (; d < width; ++d) out[d] = as_float(in[d]);
  }
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
