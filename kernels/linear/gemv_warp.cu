#include "glimpse/kernels/linear/gemv_warp.cuh"

#include "glimpse/device/check.cuh"
#include "kernels/linear/accepts.h"

namespace glimpse {
namespace {

bool reject(const op::Linear& a, const DeviceInfo&, Reason& reason) {
  if (a.x.shape[0] > 8) return reason.set("M is %lld, at most 8", (long long)a.x.shape[0]);
  return kernels::linear_rejects(a, reason);
}

void run(const op::Linear& a, Context& ctx) {
  const auto p = kernels::linear_params<kernels::LinearGemvParams>(a);
  CUDA_CHECK(kernels::launch_linear_gemv_warp(p, static_cast<cudaStream_t>(ctx.stream)));
}

GLIMPSE_VARIANT(op::Linear, .name = "gemv_warp", .device = Device::cuda, .arch = {80, 0}, .priority = 40, .run = run,
                .reject = reject);

}  // namespace
}  // namespace glimpse
