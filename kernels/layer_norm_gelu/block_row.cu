#include "glimpse/kernels/layer_norm_gelu/block_row.cuh"

#include "accepts.h"

namespace glimpse {
namespace {

bool reject(const op::LayerNormGelu& a, const DeviceInfo&, Reason& reason) {
  return kernels::layer_norm_gelu_rejects(a, dev::RowBlock::kMost, reason);
}

template <class T> void launch(const op::LayerNormGelu& a, Context& ctx) {
  const auto p = kernels::layer_norm_gelu_row_params<T>(a);
  CUDA_CHECK(kernels::launch_layer_norm_gelu_block_row(p, static_cast<cudaStream_t>(ctx.stream)));
}

void run(const op::LayerNormGelu& a, Context& ctx) {
  a.x.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::LayerNormGelu, .name = "block_row", .device = Device::cuda, .arch = {80, 0}, .priority = 10,
                .run = run, .reject = reject);

}  // namespace
}  // namespace glimpse
