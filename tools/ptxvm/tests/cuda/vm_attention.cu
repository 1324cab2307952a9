// The FlashAttention-2 class kernel of attention.cuh against attention in double.
#include <cmath>

#include "attention.cuh"
#include "runtime_test.h"

template <int D>
static void check(int n, int heads, bool causal) {
  const size_t count = static_cast<size_t>(heads) * n * D;
  __half *q, *k, *v;
  float* out;
  for (auto** p : {&q, &k, &v}) OK(cudaMallocManaged(p, count * sizeof(__half)));
  OK(cudaMallocManaged(&out, count * sizeof(float)));
  uint32_t state = 1;
  const auto next = [&] { return static_cast<int>((state = state * 1664525u + 1013904223u) >> 28) - 8; };
  for (size_t i = 0; i < count; ++i) {  // in eighths: the scores are exact
    q[i] = __float2half(next() / 8.f), k[i] = __float2half(next() / 8.f), v[i] = __float2half(next() / 8.f);
  }
  const float scale = 1.44269504f / std::sqrt(static_cast<float>(D));
  const auto kernel = attention::forward<D>;
  const int bytes = attention::shared_bytes(D);
  OK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
  const dim3 grid(n / attention::kRows, heads);
  kernel<<<grid, attention::kThreads, bytes>>>(q, k, v, out, n, scale, causal);
  OK(cudaDeviceSynchronize());
  // A weight is rounded to f16 once (2^-11 of it, or 2^-25 where it is subnormal); the rest is f32. |v| <= 1.
  const double tolerance = 0x1p-11 + n * 0x1p-25 + 0x1p-16;
  std::vector<double> weight(n);
  for (int h = 0; h < heads; ++h)
    for (int r = 0; r < n; r += 5) {
      const size_t at = (static_cast<size_t>(h) * n + r) * D;
      double sum = 0;
      for (int j = 0; j < (causal ? r + 1 : n); ++j) {
        double score = 0;
        const size_t key = (static_cast<size_t>(h) * n + j) * D;
        for (int i = 0; i < D; ++i) score += static_cast<double>(__half2float(q[at + i])) * __half2float(k[key + i]);
        sum += weight[j] = std::exp2(score * scale);
      }
      for (int i = 0; i < D; ++i) {
        double expected = 0;
        for (int j = 0; j < (causal ? r + 1 : n); ++j)
          expected += weight[j] / sum * __half2float(v[(static_cast<size_t>(h) * n + j) * D + i]);
        REQUIRE(std::fabs(out[at + i] - expected) <= tolerance);
      }
    }
  for (auto* p : {q, k, v}) OK(cudaFree(p));
  OK(cudaFree(out));
}

int main() {
  check<64>(192, 2, false);
  check<64>(256, 1, true);
  check<128>(128, 2, true);
  std::puts("ok");
}
