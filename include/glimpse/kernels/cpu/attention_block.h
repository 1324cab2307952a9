// One block of keys against a few columns (query rows, of one head or of all heads of a group); include after one
// simd_*.h and simd_exp.h.
//
// Everything lies transposed, columns last: scores [key][column], output [dim][column]. So the products broadcast K
// and V from their own rows, the queries are transposed once for all keys, and softmax needs no sum across lanes. A
// column's bits depend on its own row and on where blocks of keys begin, not on its neighbours.
#pragma once
#include "glimpse/kernels/cpu/attention_types.h"
#include "glimpse/kernels/cpu/outer.h"
#include "glimpse/kernels/cpu/transpose.h"

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

inline void fetch(const char* row, int64_t stride, int64_t rows, int64_t bytes) {
  for (int64_t r = 0; r < rows; ++r, row += stride)
    for (int64_t b = 0; b < bytes; b += 64) _mm_prefetch(row + b, _MM_HINT_T1);
}

// s[j][c] = k[j] . q[c], j < n; q [dh][columns].
template <int R, int V>
inline void block_scores(const float* k, int64_t k_stride, int64_t n, const float* q, int64_t dh, const Ahead& ahead,
                         float* s) {
  int64_t j = 0;
  for (; j + R <= n; j += R) {
    if (j < ahead.rows) {
      const int64_t rows = ahead.rows - j < R ? ahead.rows - j : R;
      fetch(ahead.k + j * ahead.k_stride, ahead.k_stride, rows, ahead.row_bytes);
      fetch(ahead.v + j * ahead.v_stride, ahead.v_stride, rows, ahead.row_bytes);
    }
    outer<R, V>(k + j * k_stride, k_stride, 1, q, dh, Start::zero, nullptr, s + j * V * kLanes);
  }
  if constexpr (R > 1)
    if (j < n) block_scores<R / 2, V>(k + j * k_stride, k_stride, n - j, q, dh, {}, s + j * V * kLanes);
}

// Scores to unnormalised probabilities, rounded to bf16 where asked. top and sum are those of the keys so far; rescale
// is what the output so far has to be multiplied with. Key j is seen by column c if j < seen[c] (all: seen is null).
template <int V>
inline void block_softmax(float* s, int64_t n, float scale, const float* seen, bool to_bf16, float* top, float* sum,
                          float* rescale) {
  constexpr int kColumns = V * kLanes;
  for (int v = 0; v < V; ++v, s += kLanes, top += kLanes, sum += kLanes, rescale += kLanes) {
    const Floats before = load(top), by = splat(scale);
    Floats most = before;
    if (seen) {
      const Floats limit = load(seen + v * kLanes), never = splat(-__builtin_inff());
      for (int64_t j = 0; j < n; ++j) {
        const Floats x = where_less(splat(float(j)), limit, mul(load(s + j * kColumns), by), never);
        store(s + j * kColumns, x), most = max(most, x);
      }
    } else {
      for (int64_t j = 0; j < n; ++j) {
        const Floats x = mul(load(s + j * kColumns), by);
        store(s + j * kColumns, x), most = max(most, x);
      }
    }
    const Floats factor = exp(sub(before, most));
    Floats total = mul(load(sum), factor);
    for (int64_t j = 0; j < n; ++j) {
      const Floats p = exp(sub(load(s + j * kColumns), most));
      total = add(total, p), store(s + j * kColumns, to_bf16 ? round_bf16(p) : p);
    }
    store(top, most), store(sum, total), store(rescale, factor);
  }
}

// o[d][c] = o[d][c] rescale[c] + sum_j v[j][d] p[j][c]; dh is a multiple of R.
template <int R, int V>
inline void block_output(const float* v, int64_t v_stride, int64_t n, const float* p, const float* rescale, int64_t dh,
                         float* o) {
  for (int64_t d = 0; d < dh; d += R)
    outer<R, V>(v + d, 1, v_stride, p, n, Start::rescaled, rescale, o + d * V * kLanes);
}

// The whole step; `state` is top, sum and rescale, one behind the other.
template <int R, int V>
inline void attend(const Block& b, int64_t dh, const float* q, float scale, const float* seen, bool to_bf16, float* s,
                   float* state, float* o) {
  constexpr int kColumns = V * kLanes;
  block_scores<R, V>(b.k, b.k_stride, b.n, q, dh, b.ahead, s);
  block_softmax<V>(s, b.n, scale, seen, to_bf16, state, state + kColumns, state + 2 * kColumns);
  block_output<R, V>(b.v, b.v_stride, b.n, s, state + 2 * kColumns, dh, o);
}

// q[d][c] = rows[c][d]; columns and dh are multiples of 8.
inline void gather_columns(const void* const* rows, bool bf16, int64_t columns, int64_t dh, float* q) {
  if (bf16) gather_rows<uint16_t>(rows, columns, dh, q);
  else gather_rows<float>(rows, columns, dh, q);
}

// rows[c][d] = o[d][c] / sum[c] for the first n columns, zero where the sum is.
inline void scatter_columns(const float* o, const float* sum, int64_t n, bool bf16, int64_t columns, int64_t dh,
                            void* const* rows) {
  for (int64_t c = 0; c < n; c += 8) {
    const __m256 by = _mm256_loadu_ps(sum + c), any = _mm256_cmp_ps(by, _mm256_setzero_ps(), _CMP_NEQ_UQ);
    const int64_t here = n - c < 8 ? n - c : 8;
    for (int64_t d = 0; d < dh; d += 8) {
      __m256 r[8];
      for (int i = 0; i < 8; ++i)
        r[i] = _mm256_and_ps(any, _mm256_div_ps(_mm256_loadu_ps(o + (d + i) * columns + c), by));
      transpose8(r);
      for (int64_t i = 0; i < here; ++i) {
        if (bf16) store8(static_cast<uint16_t*>(rows[c + i]) + d, r[i]);
        else store8(static_cast<float*>(rows[c + i]) + d, r[i]);
      }
    }
  }
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
