// Many bf16 activation rows and bf16 weights: the bf16 dot product, neither side widened, f32 sums.
#include "glimpse/kernels/cpu/simd_avx512bf16.h"

#include "glimpse/kernels/cpu/tile_pairs.h"
#include "kernels/linear/finish.h"
#include "kernels/linear/tiles.h"

namespace glimpse {
namespace {

const linear::TileKernels kKernels{
    cpu::kLanes, 2, cpu::pack_pairs, cpu::copy_pairs, cpu::multiply_tile<8, cpu::PairsFma>, cpu::scatter_rows};

void run(const op::Linear& a, Context& ctx) {
  const auto finish = [&](int64_t m, int64_t n0, int64_t n, float* const* sums) {
    linear::finish(a, m, n0, n, sums[0]);
  };
  linear::multiply_tiles<1>(a.x, {&a.w}, ctx, kKernels, finish);
}

// f32 activations would have to be rounded, which the contract does not allow.
bool rejects(const op::Linear& a, const DeviceInfo&, Reason& reason) {
  return (a.x.dtype != DType::bf16 || a.w.data.dtype != DType::bf16) &&
         reason.set("x is %s and the weight is %s; both must be bf16", name_of(a.x.dtype), name_of(a.w.data.dtype));
}

size_t workspace(const op::Linear& a, Context& ctx) { return linear::tiles_workspace(a.x, 1, ctx, kKernels); }

GLIMPSE_VARIANT(op::Linear, .name = "tiles_avx512bf16", .isa = kIsaAvx512Bf16, .priority = 25, .run = run,
                .reject = rejects, .workspace = workspace);

}  // namespace
}  // namespace glimpse
