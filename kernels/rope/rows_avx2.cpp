// Heads rotated in vectors, AVX2 and FMA.
#include "glimpse/kernels/cpu/simd_avx2.h"

#include "glimpse/kernels/cpu/rope_row.h"
#include "rows.h"

namespace glimpse {
namespace {

void run(const op::Rope& a, Context& ctx) {
  rope::rows(a, ctx, {cpu::rotate_interleaved, cpu::rotate_halves, cpu::copy_row});
}

GLIMPSE_VARIANT(op::Rope, .name = "rows_avx2", .isa = kIsaAvx2, .priority = 10, .run = run, .reject = rope::rejects);

}  // namespace
}  // namespace glimpse
