// Many bf16 activation rows and bf16 weights: as tiles_avx512 with the bf16 dot product.
#include "glimpse/kernels/cpu/simd_avx512bf16.h"

#include "glimpse/kernels/cpu/swiglu_row.h"
#include "glimpse/kernels/cpu/tile_pairs.h"
#include "glimpse/ops/linear_swiglu.h"
#include "kernels/linear/tiles.h"

namespace glimpse {
namespace {

const linear::TileKernels kKernels{
    cpu::kLanes, 2, cpu::pack_pairs, cpu::copy_pairs, cpu::multiply_tile<8, cpu::PairsFma>, cpu::scatter_rows};

void run(const op::LinearSwiglu& a, Context& ctx) {
  const bool bf16 = a.y.dtype == DType::bf16;
  const auto finish = [&](int64_t m, int64_t n0, int64_t n, float* const* sums) {
    void* y = static_cast<char*>(a.y.data) + (m * a.y.stride[0] + n0) * size_of(a.y.dtype);
    cpu::swiglu_sums(sums[0], sums[1], n, bf16, y);
  };
  linear::multiply_tiles<2>(a.x, {&a.gate, &a.up}, ctx, kKernels, finish);
}

// f32 activations would have to be rounded, which the contract does not allow.
bool rejects(const op::LinearSwiglu& a, const DeviceInfo&, Reason& reason) {
  return (a.x.dtype != DType::bf16 || a.gate.data.dtype != DType::bf16) &&
         reason.set("x is %s and the weight is %s; both must be bf16", name_of(a.x.dtype), name_of(a.gate.data.dtype));
}

size_t workspace(const op::LinearSwiglu& a, Context& ctx) { return linear::tiles_workspace(a.x, 2, ctx, kKernels); }

GLIMPSE_VARIANT(op::LinearSwiglu, .name = "tiles_avx512bf16", .isa = kIsaAvx512Bf16, .priority = 25, .run = run,
                .reject = rejects, .workspace = workspace);

}  // namespace
}  // namespace glimpse
