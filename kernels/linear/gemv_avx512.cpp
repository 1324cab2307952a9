// Few activation rows: read every weight once, multiply in f32. Bound by the memory's read bandwidth.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/dot_rows.h"
#include "kernels/linear/gemv.h"

namespace glimpse {
namespace {

void run(const op::Linear& a, Context& ctx) { linear::gemv(a, ctx, cpu::dot_rows<uint16_t>, cpu::dot_rows<float>); }

GLIMPSE_VARIANT(op::Linear, .name = "gemv_avx512", .isa = kIsaAvx512, .priority = 30, .run = run,
                .reject = linear::gemv_rejects, .workspace = linear::gemv_workspace);

}  // namespace
}  // namespace glimpse
