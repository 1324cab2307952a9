#include "glimpse/kernels/linear/mma_sm80.cuh"

#include "glimpse/device/check.cuh"
#include "kernels/linear/accepts.h"

namespace glimpse {
namespace {

using kernels::MmaTileName;

bool reject(const op::Linear& a, const DeviceInfo& device, Reason& reason) {
  if (kernels::linear_rejects(a, reason)) return true;
  if (kernels::choose_mma_tile(device, a.x.shape[0], a.w.N) != MmaTileName::none) return false;
  return reason.set("the smallest tile needs %d bytes of shared memory, a block may have %lld",
                    kernels::cost_of(MmaTileName::small).shared_bytes, (long long)device.smem_per_block);
}

void run(const op::Linear& a, Context& ctx) {
  auto p = kernels::linear_params<kernels::LinearMmaParams>(a);
  p.aligned = dev::rows_aligned(a.y) && (!a.residual || dev::rows_aligned(a.residual));
  const MmaTileName tile = kernels::choose_mma_tile(ctx.device, p.M, p.N);
  CUDA_CHECK(kernels::launch_linear_mma_sm80(p, tile, static_cast<cudaStream_t>(ctx.stream)));
}

GLIMPSE_VARIANT(op::Linear, .name = "mma_sm80", .device = Device::cuda, .arch = {80, 0}, .priority = 10, .run = run,
                .reject = reject);

}  // namespace
}  // namespace glimpse
