// A row at a time in vectors, AVX2 and FMA.
#include "glimpse/kernels/cpu/simd_avx2.h"

#include "glimpse/kernels/cpu/gelu_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::LayerNormGelu& a, Context& ctx) { layer_norm_gelu::rows(a, ctx, cpu::layer_norm_gelu_row); }

GLIMPSE_VARIANT(op::LayerNormGelu, .name = "rows_avx2", .isa = kIsaAvx2, .priority = 10, .run = run,
                .reject = layer_norm_gelu::rejects);

}  // namespace
}  // namespace glimpse
