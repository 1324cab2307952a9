#include "glimpse/kernels/linear_swiglu/gemv_warp.cuh"

#include "glimpse/device/check.cuh"
#include "kernels/linear_swiglu/accepts.h"

namespace glimpse {
namespace {

bool reject(const op::LinearSwiglu& a, const DeviceInfo&, Reason& reason) {
  if (a.x.shape[0] > 8) return reason.set("M is %lld, at most 8", (long long)a.x.shape[0]);
  return kernels::swiglu_rejects(a, reason);
}

void run(const op::LinearSwiglu& a, Context& ctx) {
  const auto p = kernels::swiglu_params(a);
  CUDA_CHECK(kernels::launch_linear_swiglu_gemv_warp(p, static_cast<cudaStream_t>(ctx.stream)));
}

GLIMPSE_VARIANT(op::LinearSwiglu, .name = "gemv_warp", .device = Device::cuda, .arch = {80, 0}, .priority = 20,
                .run = run, .reject = reject);

}  // namespace
}  // namespace glimpse
