// Many activation rows: gate and up of a panel by linear's tile kernel for AVX-512, activated while in cache.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/swiglu_row.h"
#include "glimpse/kernels/cpu/tile_block.h"
#include "glimpse/ops/linear_swiglu.h"
#include "kernels/linear/tiles.h"

namespace glimpse {
namespace {

const linear::TileKernels kKernels{cpu::kLanes, 1, cpu::pack_tile, cpu::copy_weights, cpu::multiply_tile<8>,
                                   cpu::scatter_rows};

void run(const op::LinearSwiglu& a, Context& ctx) {
  const bool bf16 = a.y.dtype == DType::bf16;
  const auto finish = [&](int64_t m, int64_t n0, int64_t n, float* const* sums) {
    void* y = static_cast<char*>(a.y.data) + (m * a.y.stride[0] + n0) * size_of(a.y.dtype);
    cpu::swiglu_sums(sums[0], sums[1], n, bf16, y);
  };
  linear::multiply_tiles<2>(a.x, {&a.gate, &a.up}, ctx, kKernels, finish);
}

size_t workspace(const op::LinearSwiglu& a, Context& ctx) { return linear::tiles_workspace(a.x, 2, ctx, kKernels); }

GLIMPSE_VARIANT(op::LinearSwiglu, .name = "tiles_avx512", .isa = kIsaAvx512, .priority = 20, .run = run,
                .workspace = workspace);

}  // namespace
}  // namespace glimpse
