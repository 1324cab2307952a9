#include "glimpse/kernels/attention/splitkv_sm80.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/device/tickets.h"
#include "kernels/attention/accepts.h"

namespace glimpse {
namespace {

constexpr int64_t kMostRows = 64;  // packed rows, of which 16 read the keys at once

kernels::AttentionSplitParams params(const op::Attention& a, const DeviceInfo& device) {
  auto p = kernels::attention_params<kernels::AttentionSplitParams>(a);
  p.kv_heads = int(a.k.shape[1]), p.max_kv = a.max_kv, p.most = kernels::most_splits(device.sm_count, p.kv_heads);
  return p;
}

bool reject(const op::Attention& a, const DeviceInfo& device, Reason& reason) {
  const int64_t group = a.q.shape[1] / a.k.shape[1];
  if (a.max_q * group > kMostRows)
    return reason.set("max_q %d times a group of %lld heads is more than %lld rows", a.max_q, (long long)group,
                      (long long)kMostRows);
  if (kernels::attention_rejects(a, reason)) return true;
  const auto p = params(a, device);
  return (split_groups(p) > dev::Tickets::kCount || int64_t(p.kv_heads) * split_row_blocks(p) > dev::kMostGridY) &&
         reason.set("%lld results are shared among blocks, at most %lld", (long long)split_groups(p),
                    (long long)dev::Tickets::kCount);
}

size_t workspace(const op::Attention& a, Context& ctx) {
  const auto p = params(a, ctx.device);
  if (kernels::split_bound(p.max_kv, p.most) == 1) return 0;
  return size_t(split_parts(p)) * sizeof(float) *
         size_t(a.q.shape[2] == 64 ? kernels::SplitConfig<64>::kPartFloats : kernels::SplitConfig<128>::kPartFloats);
}

void run(const op::Attention& a, Context& ctx) {
  auto p = params(a, ctx.device);
  if (const size_t bytes = workspace(a, ctx)) p.parts = static_cast<float*>(ctx.workspace.take(bytes));
  p.tickets = ctx.state<dev::Tickets>().data;
  CUDA_CHECK(kernels::launch_attention_splitkv_sm80(p, a.q.shape[2], static_cast<cudaStream_t>(ctx.stream)));
}

GLIMPSE_VARIANT(op::Attention, .name = "splitkv_sm80", .device = Device::cuda, .arch = {80, 0}, .priority = 20,
                .run = run, .reject = reject, .workspace = workspace);

}  // namespace
}  // namespace glimpse
