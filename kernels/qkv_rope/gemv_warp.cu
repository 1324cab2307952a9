#include "glimpse/kernels/qkv_rope/gemv_warp.cuh"

#include "glimpse/device/accepts.h"
#include "glimpse/device/check.cuh"
#include "glimpse/ops/qkv_rope.h"

namespace glimpse {
namespace {

bool weight_rejected(const char* name, const Weight& w, Reason& reason) {
  if (w.format != WeightFormat::dense) return reason.set("%s is not dense", name);
  return dev::not_aligned_bf16(name, w.data, reason);
}

bool reject(const op::QkvRope& a, const DeviceInfo&, Reason& reason) {
  const int64_t M = a.x.shape[0], K = a.x.shape[1], dh = a.q.shape[2];
  if (M > 8) return reason.set("M is %lld, at most 8", (long long)M);
  if (K % 8) return reason.set("K is %lld, not a multiple of 8", (long long)K);
  if (dh % 2) return reason.set("the head size is %lld, which is odd", (long long)dh);
  if (dev::not_int("K", K, reason) || dev::not_int("the number of columns", a.wq.N + a.wk.N + a.wv.N, reason))
    return true;
  if (a.k.dtype != DType::bf16) return reason.set("the cache is %s, it takes bf16 only", name_of(a.k.dtype));
  return dev::not_aligned_bf16("x", a.x, reason) || weight_rejected("wq", a.wq, reason) ||
         weight_rejected("wk", a.wk, reason) || weight_rejected("wv", a.wv, reason);
}

kernels::QkvProjection projection(const Weight& w, const TensorView& bias) {
  const auto rows = view<bf16, 2>(w.data);
  return {rows.data, rows.stride[0], bias.data, bias.dtype == DType::bf16};
}

void run(const op::QkvRope& a, Context& ctx) {
  kernels::QkvRopeGemvParams p{};
  const auto x = view<bf16, 2>(a.x);
  p.x = x.data, p.x_row = x.stride[0], p.M = int(x.shape[0]), p.K = int(x.shape[1]);
  p.heads = int(a.q.shape[1]), p.kv = int(a.k.shape[1]), p.half = int(a.q.shape[2] / 2);
  p.part[0] = projection(a.wq, a.bias_q), p.part[1] = projection(a.wk, a.bias_k);
  p.part[2] = projection(a.wv, a.bias_v);
  p.rope.q = view<bf16, 3>(a.q), p.rope.k = view<bf16, 4>(a.k), p.rope.v = view<bf16, 4>(a.v);
  p.rope.pos = view<int32_t, 2>(a.rotation.pos), p.rope.inv_freq = view<float, 1>(a.rotation.inv_freq);
  if (a.slot) p.rope.slot = view<int32_t, 1>(a.slot);
  if (a.index) p.rope.index = view<int32_t, 1>(a.index);
  p.rope.by_t = a.rotation.sections[0], p.rope.by_y = a.rotation.sections[1];
  p.rope.halves = a.rotation.style == op::RopeStyle::half_split_2d;
  CUDA_CHECK(kernels::launch_qkv_rope_gemv_warp(p, static_cast<cudaStream_t>(ctx.stream)));
}

GLIMPSE_VARIANT(op::QkvRope, .name = "gemv_warp", .device = Device::cuda, .arch = {80, 0}, .priority = 20, .run = run,
                .reject = reject);

}  // namespace
}  // namespace glimpse
