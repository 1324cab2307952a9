#include "glimpse/kernels/attention/mma_sm80.cuh"

#include "glimpse/device/check.cuh"
#include "kernels/attention/accepts.h"

namespace glimpse {
namespace {

bool reject(const op::Attention& a, const DeviceInfo&, Reason& reason) {
  constexpr int kMostRows = int(dev::kMostGridY) * 64;  // of the lowest tile
  if (a.max_q > kMostRows) return reason.set("max_q is %d, at most %d", a.max_q, kMostRows);
  return kernels::attention_rejects(a, reason);
}

void run(const op::Attention& a, Context& ctx) {
  auto p = kernels::attention_params<kernels::AttentionMmaParams>(a);
  p.heads = int(a.q.shape[1]);
  const auto tile = kernels::choose_attention_tile(ctx.device, a.q.shape[2], a.causal, p.max_q,
                                                   int64_t(p.heads) * p.batch);
  CUDA_CHECK(kernels::launch_attention_mma_sm80(p, tile, static_cast<cudaStream_t>(ctx.stream)));
}

GLIMPSE_VARIANT(op::Attention, .name = "mma_sm80", .device = Device::cuda, .arch = {80, 0}, .priority = 10,
                .run = run, .reject = reject);

}  // namespace
}  // namespace glimpse
