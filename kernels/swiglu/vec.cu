#include "glimpse/kernels/swiglu/vec.cuh"

#include "glimpse/device/accepts.h"
#include "glimpse/device/check.cuh"
#include "glimpse/ops/swiglu.h"

namespace glimpse {
namespace {

bool reject(const op::Swiglu& a, const DeviceInfo&, Reason& reason) {
  constexpr int64_t kMost = dev::kMostGridY * kernels::kSwigluThreads * 8;
  return dev::not_eights(a.y.shape[1], kMost, reason) || dev::not_vectors("gate", a.gate, reason) ||
         dev::not_vectors("up", a.up, reason) || dev::not_vectors("y", a.y, reason);
}

template <class T> void launch(const op::Swiglu& a, Context& ctx) {
  const auto g = view<T, 2>(a.gate), u = view<T, 2>(a.up), y = view<T, 2>(a.y);
  const kernels::SwigluVecParams<T> p{g.data,      u.data,     y.data, g.stride[0], u.stride[0],
                                      y.stride[0], y.shape[0], int(y.shape[1])};
  CUDA_CHECK(kernels::launch_swiglu_vec(p, static_cast<cudaStream_t>(ctx.stream)));
}

void run(const op::Swiglu& a, Context& ctx) {
  a.y.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Swiglu, .name = "vec", .device = Device::cuda, .arch = {80, 0}, .priority = 10, .run = run,
                .reject = reject);

}  // namespace
}  // namespace glimpse
