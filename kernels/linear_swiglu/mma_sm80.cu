#include "glimpse/kernels/linear_swiglu/mma_sm80.cuh"

#include "glimpse/device/check.cuh"
#include "kernels/linear_swiglu/accepts.h"

namespace glimpse {
namespace {

using kernels::MmaTileName;

bool reject(const op::LinearSwiglu& a, const DeviceInfo& device, Reason& reason) {
  if (kernels::swiglu_rejects(a, reason)) return true;
  if (kernels::choose_mma_tile(device, a.x.shape[0], 2 * a.gate.N) != MmaTileName::none) return false;
  return reason.set("the smallest tile needs %d bytes of shared memory, a block may have %lld",
                    kernels::cost_of(MmaTileName::small).shared_bytes, (long long)device.smem_per_block);
}

void run(const op::LinearSwiglu& a, Context& ctx) {
  const auto p = kernels::swiglu_params(a);
  const MmaTileName tile = kernels::choose_mma_tile(ctx.device, p.M, 2 * int64_t(p.N));
  CUDA_CHECK(kernels::launch_linear_swiglu_mma_sm80(p, tile, static_cast<cudaStream_t>(ctx.stream)));
}

GLIMPSE_VARIANT(op::LinearSwiglu, .name = "mma_sm80", .device = Device::cuda, .arch = {80, 0}, .priority = 10,
                .run = run, .reject = reject);

}  // namespace
}  // namespace glimpse
