#include "glimpse/kernels/norm_add_norm/block_row.cuh"

#include "accepts.h"

namespace glimpse {
namespace {

bool reject(const op::NormAddNorm& a, const DeviceInfo&, Reason& reason) {
  return kernels::norm_add_norm_rejects(a, dev::RowBlock::kMost, reason);
}

template <class T> void launch(const op::NormAddNorm& a, Context& ctx) {
  const auto p = kernels::norm_add_norm_row_params<T>(a);
  CUDA_CHECK(kernels::launch_norm_add_norm_block_row(p, static_cast<cudaStream_t>(ctx.stream)));
}

void run(const op::NormAddNorm& a, Context& ctx) {
  a.x.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::NormAddNorm, .name = "block_row", .device = Device::cuda, .arch = {80, 0}, .priority = 10,
                .run = run, .reject = reject);

}  // namespace
}  // namespace glimpse
