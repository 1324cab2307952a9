#include "glimpse/kernels/attention/naive.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/ops/attention.h"

namespace glimpse {
namespace {

template <class T, class C> void launch(const op::Attention& a, Context& ctx) {
  kernels::AttentionNaiveParams<T, C> p{};
  p.q = view<T, 3>(a.q), p.o = view<T, 3>(a.o), p.k = view<C, 4>(a.k), p.v = view<C, 4>(a.v);
  p.q_offsets = view<int32_t, 1>(a.q_offsets), p.kv_len = view<int32_t, 1>(a.kv_len);
  if (a.kv_slot) p.kv_slot = view<int32_t, 1>(a.kv_slot);
  if (a.kv_start) p.kv_start = view<int32_t, 1>(a.kv_start);
  p.scale = a.scale, p.causal = a.causal;
  CUDA_CHECK(kernels::launch_attention_naive(p, static_cast<cudaStream_t>(ctx.stream)));
}

template <class T> void launch(const op::Attention& a, Context& ctx) {
  a.k.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

bool reject(const op::Attention& a, const DeviceInfo&, Reason& reason) {
  return a.q.shape[2] > kernels::attention_naive_detail::kMostHead &&
         reason.set("the head size is %lld; up to %d are taken", (long long)a.q.shape[2],
                    kernels::attention_naive_detail::kMostHead);
}

void run(const op::Attention& a, Context& ctx) {
  a.q.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Attention, .name = "naive", .device = Device::cuda, .arch = {80, 0}, .run = run, .reject = reject);

}  // namespace
}  // namespace glimpse
