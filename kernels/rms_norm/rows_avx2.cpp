// A row at a time in vectors, AVX2 and FMA.
#include "glimpse/kernels/cpu/simd_avx2.h"

#include "glimpse/kernels/cpu/norm_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::RmsNorm& a, Context& ctx) { rms_norm::rows(a, ctx, cpu::rms_norm_row); }

GLIMPSE_VARIANT(op::RmsNorm, .name = "rows_avx2", .isa = kIsaAvx2, .priority = 10, .run = run,
                .reject = rms_norm::rejects);

}  // namespace
}  // namespace glimpse
