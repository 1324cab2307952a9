// Rows copied and widened in vectors, AVX2 and FMA.
#include "glimpse/kernels/cpu/simd_avx2.h"

#include "glimpse/kernels/cpu/row_block.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::Embed& a, Context& ctx) { embed::rows(a, ctx, cpu::copy_row); }

GLIMPSE_VARIANT(op::Embed, .name = "rows_avx2", .isa = kIsaAvx2, .priority = 10, .run = run, .reject = embed::rejects);

}  // namespace
}  // namespace glimpse
