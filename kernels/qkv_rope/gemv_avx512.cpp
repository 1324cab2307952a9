// Few activation rows, AVX-512: every weight read once, multiplied in f32.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/dot_rows.h"
#include "glimpse/kernels/cpu/rope_row.h"
#include "gemv.h"

namespace glimpse {
namespace {

void run(const op::QkvRope& a, Context& ctx) {
  qkv_rope::gemv(a, ctx, cpu::dot_rows<uint16_t>, cpu::dot_rows<float>,
                 {cpu::rotate_interleaved, cpu::rotate_halves, cpu::copy_row});
}

GLIMPSE_VARIANT(op::QkvRope, .name = "gemv_avx512", .isa = kIsaAvx512, .priority = 30, .run = run,
                .reject = qkv_rope::gemv_rejects, .workspace = qkv_rope::gemv_workspace);

}  // namespace
}  // namespace glimpse
