// A gather: bound by memory, one row per thread at a time.
#include <vector>

#include "glimpse/kernels/cpu/rows.h"
#include "source.h"

namespace glimpse {
namespace {

void run(const op::Embed& a, Context& ctx) {
  const int64_t rows = a.y.shape[0], dim = a.y.shape[1];
  embed::check_sources(a);
#pragma omp parallel num_threads(ctx.threads)
  {
    std::vector<float> buffer(size_t(dim) + 1);
#pragma omp for
    for (int64_t m = 0; m < rows; ++m) {
      const int64_t row = embed::vision_row(a, m);
      cpu::load_row(row >= 0 ? a.vision : a.table.data, row >= 0 ? row : embed::integer(a.ids, m), buffer.data());
      cpu::store_row(a.y, m, buffer.data());
    }
  }
}

GLIMPSE_VARIANT(op::Embed, .name = "scalar", .run = run);

}  // namespace
}  // namespace glimpse
