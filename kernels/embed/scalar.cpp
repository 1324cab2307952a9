// A gather: bound by memory, one row per thread at a time.
#include <vector>

#include "glimpse/kernels/cpu/rows.h"
#include "glimpse/ops/embed.h"

namespace glimpse {
namespace {

void run(const op::Embed& a, Context& ctx) {
  const auto ids = view<int32_t, 1>(a.ids);
  const int64_t rows = a.y.shape[0], dim = a.y.shape[1], vocabulary = a.table.N;
  const auto* vision_row = a.vision ? static_cast<const int32_t*>(a.vision_row.data) : nullptr;
  for (int64_t m = 0; m < rows; ++m) {
    const int64_t row = vision_row ? vision_row[m * a.vision_row.stride[0]] : -1;
    GLIMPSE_CHECK(row >= 0 || (ids(m) >= 0 && ids(m) < vocabulary),
                  "embed: token id %d at position %lld is outside of the vocabulary of %lld", ids(m), (long long)m,
                  (long long)vocabulary);
    GLIMPSE_CHECK(row < 0 || row < a.vision.shape[0], "embed: vision row %lld of %lld", (long long)row,
                  (long long)(a.vision ? a.vision.shape[0] : 0));
  }
#pragma omp parallel num_threads(ctx.threads)
  {
    std::vector<float> buffer(size_t(dim) + 1);
#pragma omp for
    for (int64_t m = 0; m < rows; ++m) {
      const int64_t row = vision_row ? vision_row[m * a.vision_row.stride[0]] : -1;
      cpu::load_row(row >= 0 ? a.vision : a.table.data, row >= 0 ? row : ids(m), buffer.data());
      cpu::store_row(a.y, m, buffer.data());
    }
  }
}

GLIMPSE_VARIANT(op::Embed, .name = "scalar", .run = run);

}  // namespace
}  // namespace glimpse
