// Plain C++ that runs everywhere: the baseline, and the last resort of a machine without AVX2.
#include "glimpse/kernels/cpu/activations.h"
#include "kernels/linear/finish.h"

namespace glimpse {
namespace {

constexpr int kSums = 8;  // independent sums per output, so that the compiler may use vectors without reordering

template <class W> float dot(const W* w, const float* x, int64_t K) {
  float sums[kSums] = {};
  int64_t k = 0;
  for (; k + kSums <= K; k += kSums)
    for (int i = 0; i < kSums; ++i) sums[i] += to_f32(w[k + i]) * x[k + i];
  for (; k < K; ++k) sums[k % kSums] += to_f32(w[k]) * x[k];
  float total = 0;
  for (float s : sums) total += s;
  return total;
}

void run(const op::Linear& a, Context& ctx) {
  const cpu::F32Rows x = cpu::widen(a.x, ctx);
  const int64_t step = a.w.data.stride[0], K = a.w.K;
#pragma omp parallel for num_threads(ctx.threads)
  for (int64_t n = 0; n < a.w.N; ++n)
    for (int64_t m = 0; m < a.x.shape[0]; ++m) {
      const float* row = x.data + m * x.stride;
      float sum = a.w.data.dtype == DType::bf16 ? dot(static_cast<const bf16*>(a.w.data.data) + n * step, row, K)
                                                : dot(static_cast<const float*>(a.w.data.data) + n * step, row, K);
      linear::finish(a, m, n, 1, &sum);
    }
}

size_t workspace(const op::Linear& a, Context&) { return cpu::widen_bytes(a.x); }

GLIMPSE_VARIANT(op::Linear, .name = "scalar", .run = run, .workspace = workspace);

}  // namespace
}  // namespace glimpse
