// A row at a time in vectors, AVX2 and FMA.
#include "glimpse/kernels/cpu/simd_avx2.h"

#include "glimpse/kernels/cpu/swiglu_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::Swiglu& a, Context& ctx) { swiglu::rows(a, ctx, cpu::swiglu_row); }

GLIMPSE_VARIANT(op::Swiglu, .name = "rows_avx2", .isa = kIsaAvx2, .priority = 10, .run = run,
                .reject = swiglu::rejects);

}  // namespace
}  // namespace glimpse
