// Many activation rows: own kernel for AVX-512, 8 weight rows by 3 vectors of activation rows in registers.
#include "glimpse/kernels/cpu/simd_avx512.h"

#include "glimpse/kernels/cpu/tile_block.h"
#include "kernels/linear/finish.h"
#include "kernels/linear/tiles.h"

namespace glimpse {
namespace {

const linear::TileKernels kKernels{cpu::kLanes, 1, cpu::pack_tile, cpu::copy_weights, cpu::multiply_tile<8>,
                                   cpu::scatter_rows};

void run(const op::Linear& a, Context& ctx) {
  const auto finish = [&](int64_t m, int64_t n0, int64_t n, float* const* sums) {
    linear::finish(a, m, n0, n, sums[0]);
  };
  linear::multiply_tiles<1>(a.x, {&a.w}, ctx, kKernels, finish);
}

size_t workspace(const op::Linear& a, Context& ctx) { return linear::tiles_workspace(a.x, 1, ctx, kKernels); }

GLIMPSE_VARIANT(op::Linear, .name = "tiles_avx512", .isa = kIsaAvx512, .priority = 20, .run = run,
                .workspace = workspace);

}  // namespace
}  // namespace glimpse
