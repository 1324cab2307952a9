// Rows copied and widened in vectors, AVX-512.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/row_block.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::Embed& a, Context& ctx) { embed::rows(a, ctx, cpu::copy_row); }

GLIMPSE_VARIANT(op::Embed, .name = "rows_avx512", .isa = kIsaAvx512, .priority = 20, .run = run,
                .reject = embed::rejects);

}  // namespace
}  // namespace glimpse
