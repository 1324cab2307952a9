// A row at a time in vectors, AVX2 and FMA.
#include "glimpse/kernels/cpu/simd_avx2.h"

#include "glimpse/kernels/cpu/norm_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::NormAddNorm& a, Context& ctx) { norm_add_norm::rows(a, ctx, cpu::norm_add_norm_row); }

GLIMPSE_VARIANT(op::NormAddNorm, .name = "rows_avx2", .isa = kIsaAvx2, .priority = 10, .run = run,
                .reject = norm_add_norm::rejects);

}  // namespace
}  // namespace glimpse
