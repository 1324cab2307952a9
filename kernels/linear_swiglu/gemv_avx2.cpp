// Few activation rows: gate and up are read once, in one pass. Bound by the memory's read bandwidth.
#include "glimpse/kernels/cpu/simd_avx2.h"

#include "glimpse/kernels/cpu/dot_rows.h"
#include "glimpse/kernels/cpu/swiglu_row.h"
#include "kernels/linear_swiglu/gemv.h"

namespace glimpse {
namespace {

void run(const op::LinearSwiglu& a, Context& ctx) {
  linear_swiglu::gemv(a, ctx, cpu::dot_rows<uint16_t>, cpu::dot_rows<float>, cpu::swiglu_sums);
}

GLIMPSE_VARIANT(op::LinearSwiglu, .name = "gemv_avx2", .isa = kIsaAvx2, .priority = 20, .run = run,
                .reject = linear_swiglu::gemv_rejects, .workspace = linear_swiglu::gemv_workspace);

}  // namespace
}  // namespace glimpse
