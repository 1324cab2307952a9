// Decode: own block kernels for AVX-512, 16 columns a tile, 8 rows by 1 vector in registers.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/simd_exp.h"

#include "glimpse/kernels/cpu/attention_block.h"
#include "decode.h"

namespace glimpse {
namespace {

const attention::Kernels kKernels{1 * cpu::kLanes, 32, cpu::attend<8, 1>, cpu::widen_block<uint16_t>,
                                  cpu::gather_columns, cpu::scatter_columns};

void run(const op::Attention& a, Context& ctx) { attention::decode(a, ctx, kKernels); }
size_t workspace(const op::Attention& a, Context& ctx) { return attention::decode_workspace(a, ctx, kKernels); }

GLIMPSE_VARIANT(op::Attention, .name = "decode_avx512", .isa = kIsaAvx512, .priority = 40, .run = run,
                .reject = attention::decode_rejects, .workspace = workspace);

}  // namespace
}  // namespace glimpse
