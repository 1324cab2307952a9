#include "glimpse/kernels/rms_norm/block_row.cuh"

#include "accepts.h"

namespace glimpse {
namespace {

bool reject(const op::RmsNorm& a, const DeviceInfo&, Reason& reason) {
  return kernels::rms_norm_rejects(a, dev::RowBlock::kMost, reason);
}

template <class T> void launch(const op::RmsNorm& a, Context& ctx) {
  const auto p = kernels::rms_norm_row_params<T>(a);
  CUDA_CHECK(kernels::launch_rms_norm_block_row(p, static_cast<cudaStream_t>(ctx.stream)));
}

void run(const op::RmsNorm& a, Context& ctx) {
  a.x.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::RmsNorm, .name = "block_row", .device = Device::cuda, .arch = {80, 0}, .priority = 10,
                .run = run, .reject = reject);

}  // namespace
}  // namespace glimpse
