// A patch at a time in vectors, AVX-512.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/pos_embed_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::PosEmbed& a, Context& ctx) { pos_embed::rows(a, ctx, cpu::pos_embed_row); }

GLIMPSE_VARIANT(op::PosEmbed, .name = "rows_avx512", .isa = kIsaAvx512, .priority = 20, .run = run,
                .reject = pos_embed::rejects);

}  // namespace
}  // namespace glimpse
