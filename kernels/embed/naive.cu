#include "glimpse/kernels/embed/naive.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/ops/embed.h"

namespace glimpse {
namespace {

template <class T, class W> void launch(const op::Embed& a, Context& ctx) {
  kernels::EmbedNaiveParams<T, W, T> p{};
  p.ids = view<int32_t, 1>(a.ids), p.table = view<W, 2>(a.table.data), p.y = view<T, 2>(a.y);
  if (a.vision) p.vision = view<T, 2>(a.vision), p.vision_row = view<int32_t, 1>(a.vision_row);
  CUDA_CHECK(kernels::launch_embed_naive(p, static_cast<cudaStream_t>(ctx.stream)));
}

template <class T> void launch(const op::Embed& a, Context& ctx) {
  a.table.data.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

// The model's two are alike; a mixture would double the kernels.
bool reject(const op::Embed& a, const DeviceInfo&, Reason& reason) {
  return a.vision && a.vision.dtype != a.y.dtype &&
         reason.set("vision is %s and y is %s; they must be alike", name_of(a.vision.dtype), name_of(a.y.dtype));
}

void run(const op::Embed& a, Context& ctx) {
  a.y.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Embed, .name = "naive", .device = Device::cuda, .arch = {80, 0}, .run = run, .reject = reject);

}  // namespace
}  // namespace glimpse
