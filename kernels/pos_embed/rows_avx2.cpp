// A patch at a time in vectors, AVX2 and FMA.
#include "glimpse/kernels/cpu/simd_avx2.h"

#include "glimpse/kernels/cpu/pos_embed_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::PosEmbed& a, Context& ctx) { pos_embed::rows(a, ctx, cpu::pos_embed_row); }

GLIMPSE_VARIANT(op::PosEmbed, .name = "rows_avx2", .isa = kIsaAvx2, .priority = 10, .run = run,
                .reject = pos_embed::rejects);

}  // namespace
}  // namespace glimpse
