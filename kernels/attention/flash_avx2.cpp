// Prefill and vision: own block kernels for AVX2 and FMA, 4 rows by 3 vectors in registers.
#include "glimpse/kernels/cpu/simd_avx2.h"

#include "glimpse/kernels/cpu/simd_exp.h"

#include "glimpse/kernels/cpu/attention_block.h"
#include "flash.h"

namespace glimpse {
namespace {

const attention::Kernels kKernels{3 * cpu::kLanes, 128, cpu::attend<4, 3>, cpu::widen_block<uint16_t>,
                                  cpu::gather_columns, cpu::scatter_columns};

void run(const op::Attention& a, Context& ctx) { attention::flash(a, ctx, kKernels); }
size_t workspace(const op::Attention& a, Context& ctx) { return attention::flash_workspace(a, ctx, kKernels); }

GLIMPSE_VARIANT(op::Attention, .name = "flash_avx2", .isa = kIsaAvx2, .priority = 10, .run = run,
                .reject = attention::flash_rejects, .workspace = workspace);

}  // namespace
}  // namespace glimpse
