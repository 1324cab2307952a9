// Decode: own block kernels for AVX2 and FMA, 16 columns a tile, 4 rows by 2 vectors in registers.
#include "glimpse/kernels/cpu/simd_avx2.h"

#include "glimpse/kernels/cpu/simd_exp.h"

#include "glimpse/kernels/cpu/attention_block.h"
#include "decode.h"

namespace glimpse {
namespace {

const attention::Kernels kKernels{2 * cpu::kLanes, 32, cpu::attend<4, 2>, cpu::widen_block<uint16_t>,
                                  cpu::gather_columns, cpu::scatter_columns};

void run(const op::Attention& a, Context& ctx) { attention::decode(a, ctx, kKernels); }
size_t workspace(const op::Attention& a, Context& ctx) { return attention::decode_workspace(a, ctx, kKernels); }

GLIMPSE_VARIANT(op::Attention, .name = "decode_avx2", .isa = kIsaAvx2, .priority = 30, .run = run,
                .reject = attention::decode_rejects, .workspace = workspace);

}  // namespace
}  // namespace glimpse
