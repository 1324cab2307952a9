// Many activation rows: each thread takes panels of weight rows as they come free, widens one into its cache and
// multiplies it with oneDNN's sgemm. The panel size depends on K alone: any thread count gives the same bits.
// Below 16 rows that sgemm sums in another order (seen at 9 and 10), so fewer rows are filled up with zeros: then the
// bits do not depend on the neighbours either.
#include "kernels/linear/panel.h"

namespace glimpse {
namespace {

// Bytes of one thread: the widened panel and the sums of a block of activation rows.
size_t scratch(const op::Linear& a) {
  const int64_t rows = linear::panel_rows(a.w.K);
  const int64_t block = std::min(std::max(a.x.shape[0], linear::kLeastRows), linear::kBlockRows + linear::kLeastRows);
  return Workspace::rounded(size_t(rows * (a.w.K + block)) * sizeof(float));
}

size_t workspace(const op::Linear& a, Context& ctx) { 
  return cpu::widen_bytes(a.x) + linear::fill_bytes(a.x) + scratch(a) * size_t(ctx.threads);
}

void panel(const op::Linear& a, const cpu::F32Rows& x, int64_t n0, int64_t n, float* wide) {
  const int64_t M = a.x.shape[0], K = a.w.K;
  float* sums = wide + linear::panel_rows(K) * K;
  const float* w = wide;
  int64_t w_stride = K;
  if (a.w.data.dtype == DType::bf16) linear::widen_rows(a.w, n0, n, wide);
  else w_stride = a.w.data.stride[0], w = static_cast<const float*>(a.w.data.data) + n0 * w_stride;
  for (int64_t m0 = 0, rows; m0 < M; m0 += rows) {
    rows = linear::block_rows(M - m0);
    linear::multiply(x.data + m0 * x.stride, x.stride, std::max(rows, linear::kLeastRows), w, w_stride, n, K, sums, n);
    for (int64_t m = 0; m < rows; ++m) linear::finish(a, m0 + m, n0, n, sums + m * n);
  }
}

void run(const op::Linear& a, Context& ctx) {
  const cpu::F32Rows x = linear::fill(cpu::widen(a.x, ctx), a.x, ctx);
  const int64_t N = a.w.N, rows = linear::panel_rows(a.w.K), panels = (N + rows - 1) / rows;
  const size_t bytes = scratch(a);
  char* memory = static_cast<char*>(ctx.workspace.take(bytes * size_t(ctx.threads)));
#pragma omp parallel num_threads(ctx.threads)
  {
    omp_set_num_threads(1);  // of this thread, until the region ends: sgemm runs on it alone
    float* wide = reinterpret_cast<float*>(memory + bytes * size_t(omp_get_thread_num()));
#pragma omp for schedule(dynamic, 1)
    for (int64_t p = 0; p < panels; ++p) panel(a, x, p * rows, std::min(rows, N - p * rows), wide);
  }
}

GLIMPSE_VARIANT(op::Linear, .name = "panel", .priority = 10, .run = run, .workspace = workspace);

}  // namespace
}  // namespace glimpse
