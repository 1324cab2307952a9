#include "glimpse/kernels/linear/small_m_mma_sm80.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/device/tickets.h"
#include "kernels/linear/accepts.h"

namespace glimpse {
namespace {

bool reject(const op::Linear& a, const DeviceInfo& device, Reason& reason) {
  const int64_t M = a.x.shape[0], needed = kernels::SmallMTile<64>::kSharedBytes;
  if (M < 2 || M > kernels::kSmallMTokens)
    return reason.set("M is %lld, it takes 2 to %lld", (long long)M, (long long)kernels::kSmallMTokens);
  if (needed > device.smem_per_block)
    return reason.set("it needs %lld bytes of shared memory, a block may have %lld", (long long)needed,
                      (long long)device.smem_per_block);
  return kernels::linear_rejects(a, reason);
}

size_t workspace(const op::Linear& a, Context& ctx) {
  const int splits = kernels::small_m_splits(ctx.device, a.w.N, a.w.K);
  if (splits == 1) return 0;
  return size_t((a.w.N + 63) / 64 * splits * kernels::small_m_tokens(a.x.shape[0]) * 64) * sizeof(float);
}

void run(const op::Linear& a, Context& ctx) {
  kernels::LinearSmallMParams p{};
  p.linear = kernels::linear_params<kernels::LinearMmaParams>(a);
  p.linear.aligned = dev::rows_aligned(a.y) && (!a.residual || dev::rows_aligned(a.residual));
  p.splits = kernels::small_m_splits(ctx.device, a.w.N, a.w.K), p.part = kernels::small_m_part(a.w.K, p.splits);
  if (p.splits > 1) {
    p.parts = static_cast<float*>(ctx.workspace.take(workspace(a, ctx)));
    p.tickets = ctx.state<dev::Tickets>().data;
  }
  CUDA_CHECK(kernels::launch_linear_small_m_mma_sm80(p, static_cast<cudaStream_t>(ctx.stream)));
}

GLIMPSE_VARIANT(op::Linear, .name = "small_m_mma_sm80", .device = Device::cuda, .arch = {80, 0}, .priority = 30,
                .run = run, .reject = reject, .workspace = workspace);

}  // namespace
}  // namespace glimpse
