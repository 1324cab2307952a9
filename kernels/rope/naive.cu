#include "glimpse/kernels/rope/naive.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/ops/rope.h"

namespace glimpse {
namespace {

template <class T, class C> void launch(const op::Rope& a, Context& ctx) {
  kernels::RopeNaiveParams<T, C> p{};
  p.q_in = view<T, 3>(a.q_in), p.k_in = view<T, 3>(a.k_in), p.v_in = view<T, 3>(a.v_in), p.q = view<T, 3>(a.q);
  p.k = view<C, 4>(a.k), p.v = view<C, 4>(a.v);
  p.pos = view<int32_t, 2>(a.rotation.pos), p.inv_freq = view<float, 1>(a.rotation.inv_freq);
  if (a.slot) p.slot = view<int32_t, 1>(a.slot);
  if (a.index) p.index = view<int32_t, 1>(a.index);
  p.by_t = a.rotation.sections[0], p.by_y = a.rotation.sections[1];
  p.halves = a.rotation.style == op::RopeStyle::half_split_2d;
  CUDA_CHECK(kernels::launch_rope_naive(p, static_cast<cudaStream_t>(ctx.stream)));
}

template <class T> void launch(const op::Rope& a, Context& ctx) {
  a.k.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

void run(const op::Rope& a, Context& ctx) {
  a.q_in.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Rope, .name = "naive", .device = Device::cuda, .arch = {80, 0}, .run = run);

}  // namespace
}  // namespace glimpse
