#include "glimpse/kernels/embed/vec.cuh"

#include "glimpse/device/accepts.h"
#include "glimpse/device/check.cuh"
#include "glimpse/ops/embed.h"

namespace glimpse {
namespace {

bool reject(const op::Embed& a, const DeviceInfo&, Reason& reason) {
  if (a.vision && a.vision.dtype != a.y.dtype)
    return reason.set("vision is %s, y is %s; it takes vision rows of y's dtype", name_of(a.vision.dtype),
                      name_of(a.y.dtype));
  constexpr int64_t kMost = dev::kMostGridY * kernels::kEmbedThreads * 8;
  return dev::not_eights(a.y.shape[1], kMost, reason) || dev::not_vectors("table", a.table.data, reason) ||
         (a.vision && dev::not_vectors("vision", a.vision, reason)) || dev::not_vectors("y", a.y, reason);
}

template <class T, class W> void launch(const op::Embed& a, Context& ctx) {
  const auto ids = view<int32_t, 1>(a.ids);
  const auto table = view<W, 2>(a.table.data);
  const auto y = view<T, 2>(a.y);
  kernels::EmbedVecParams<T, W> p{};
  p.ids = ids.data, p.ids_step = ids.stride[0], p.table = table.data, p.table_row = table.stride[0];
  if (a.vision) {
    const auto vision = view<T, 2>(a.vision);
    const auto row = view<int32_t, 1>(a.vision_row);
    p.vision = vision.data, p.vision_stride = vision.stride[0];
    p.vision_row = row.data, p.vision_row_step = row.stride[0];
  }
  p.y = y.data, p.y_row = y.stride[0], p.rows = y.shape[0], p.columns = int(y.shape[1]);
  CUDA_CHECK(kernels::launch_embed_vec(p, static_cast<cudaStream_t>(ctx.stream)));
}

template <class T> void launch(const op::Embed& a, Context& ctx) {
  a.table.data.dtype == DType::bf16 ? launch<T, bf16>(a, ctx) : launch<T, float>(a, ctx);
}

void run(const op::Embed& a, Context& ctx) {
  a.y.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Embed, .name = "vec", .device = Device::cuda, .arch = {80, 0}, .priority = 10, .run = run,
                .reject = reject);

}  // namespace
}  // namespace glimpse
