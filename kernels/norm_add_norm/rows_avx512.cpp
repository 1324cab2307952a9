// A row at a time in vectors, AVX-512.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/norm_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::NormAddNorm& a, Context& ctx) { norm_add_norm::rows(a, ctx, cpu::norm_add_norm_row); }

GLIMPSE_VARIANT(op::NormAddNorm, .name = "rows_avx512", .isa = kIsaAvx512, .priority = 20, .run = run,
                .reject = norm_add_norm::rejects);

}  // namespace
}  // namespace glimpse
