// Heads rotated in vectors, AVX-512.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/rope_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::Rope& a, Context& ctx) {
  rope::rows(a, ctx, {cpu::rotate_interleaved, cpu::rotate_halves, cpu::copy_row});
}

GLIMPSE_VARIANT(op::Rope, .name = "rows_avx512", .isa = kIsaAvx512, .priority = 20, .run = run,
                .reject = rope::rejects);

}  // namespace
}  // namespace glimpse
