#include "glimpse/kernels/rope/vec.cuh"

#include "glimpse/device/accepts.h"
#include "glimpse/device/check.cuh"
#include "glimpse/ops/rope.h"

namespace glimpse {
namespace {

bool reject(const op::Rope& a, const DeviceInfo&, Reason& reason) {
  const int64_t dh = a.q_in.shape[2];
  if (a.k.dtype != a.q_in.dtype)
    return reason.set("the cache is %s, q is %s; it takes one dtype", name_of(a.k.dtype), name_of(a.q_in.dtype));
  if (a.rotation.style == op::RopeStyle::half_split_2d && dh % 16)
    return reason.set("heads have %lld elements, not a multiple of 16", (long long)dh);
  return dev::not_eights(dh, kernels::kRopeMostHead, reason) || dev::not_vectors("q_in", a.q_in, reason) ||
         dev::not_vectors("k_in", a.k_in, reason) || dev::not_vectors("v_in", a.v_in, reason) ||
         dev::not_vectors("q", a.q, reason) || dev::not_vectors("k", a.k, reason) ||
         dev::not_vectors("v", a.v, reason);
}

template <class T> void launch(const op::Rope& a, Context& ctx) {
  kernels::RopeVecParams<T> p{};
  p.q_in = view<T, 3>(a.q_in), p.k_in = view<T, 3>(a.k_in), p.v_in = view<T, 3>(a.v_in), p.q = view<T, 3>(a.q);
  p.k = view<T, 4>(a.k), p.v = view<T, 4>(a.v);
  p.pos = view<int32_t, 2>(a.rotation.pos), p.inv_freq = view<float, 1>(a.rotation.inv_freq);
  if (a.slot) p.slot = view<int32_t, 1>(a.slot);
  if (a.index) p.index = view<int32_t, 1>(a.index);
  p.by_t = a.rotation.sections[0], p.by_y = a.rotation.sections[1];
  const auto stream = static_cast<cudaStream_t>(ctx.stream);
  const bool halves = a.rotation.style == op::RopeStyle::half_split_2d;
  CUDA_CHECK(halves ? kernels::launch_rope_vec<true>(p, stream) : kernels::launch_rope_vec<false>(p, stream));
}

void run(const op::Rope& a, Context& ctx) {
  a.q_in.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Rope, .name = "vec", .device = Device::cuda, .arch = {80, 0}, .priority = 10, .run = run,
                .reject = reject);

}  // namespace
}  // namespace glimpse
