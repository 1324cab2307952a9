// A row at a time in vectors, AVX-512.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/norm_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::RmsNorm& a, Context& ctx) { rms_norm::rows(a, ctx, cpu::rms_norm_row); }

GLIMPSE_VARIANT(op::RmsNorm, .name = "rows_avx512", .isa = kIsaAvx512, .priority = 20, .run = run,
                .reject = rms_norm::rejects);

}  // namespace
}  // namespace glimpse
