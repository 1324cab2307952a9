// The product that all block kernels are made of; include after one simd_*.h.
#pragma once

GLIMPSE_SIMD_BEGIN
namespace glimpse::cpu {
namespace {

enum class Start { zero, kept, rescaled };  // what the sums begin with: nothing, out, out scale

struct Fma {
  static inline Floats add(Floats a, Floats b, Floats acc) { return fma(a, b, acc); }
};

// out[r][c] = start + sum_i a[r a_row + i a_step] b[i][c], r < R, c < V vectors, in the order of i: a sum's bits do not
// depend on R and V. The R V sums stay in registers; an a is broadcast from memory once for V vectors.
template <int R, int V, class Mac = Fma>
inline void outer(const float* a, int64_t a_row, int64_t a_step, const float* b, int64_t n, Start start,
                  const float* scale, float* out) {
  constexpr int kColumns = V * kLanes;
  Floats acc[R][V];
  for (int v = 0; v < V; ++v)
    for (int r = 0; r < R; ++r) {
      float* at = out + r * kColumns + v * kLanes;
      acc[r][v] = start == Start::zero   ? zeros()
                  : start == Start::kept ? load(at)
                                         : mul(load(at), load(scale + v * kLanes));
    }
  for (int64_t i = 0; i < n; ++i) {
    Floats row[V];
    for (int v = 0; v < V; ++v) row[v] = load(b + i * kColumns + v * kLanes);
    for (int r = 0; r < R; ++r) {
      const Floats x = splat(a[r * a_row + i * a_step]);
      for (int v = 0; v < V; ++v) acc[r][v] = Mac::add(x, row[v], acc[r][v]);
    }
  }
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < V; ++v) store(out + r * kColumns + v * kLanes, acc[r][v]);
}

}  // namespace
}  // namespace glimpse::cpu
GLIMPSE_ISA_END
