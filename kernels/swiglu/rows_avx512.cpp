// A row at a time in vectors, AVX-512.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/swiglu_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::Swiglu& a, Context& ctx) { swiglu::rows(a, ctx, cpu::swiglu_row); }

GLIMPSE_VARIANT(op::Swiglu, .name = "rows_avx512", .isa = kIsaAvx512, .priority = 20, .run = run,
                .reject = swiglu::rejects);

}  // namespace
}  // namespace glimpse
