// A row at a time in vectors, AVX-512.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/gelu_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::LayerNormGelu& a, Context& ctx) { layer_norm_gelu::rows(a, ctx, cpu::layer_norm_gelu_row); }

GLIMPSE_VARIANT(op::LayerNormGelu, .name = "rows_avx512", .isa = kIsaAvx512, .priority = 20, .run = run,
                .reject = layer_norm_gelu::rejects);

}  // namespace
}  // namespace glimpse
