#include "glimpse/kernels/sample/argmax.cuh"

#include "arguments.h"

namespace glimpse {
namespace {

bool reject(const op::Sample& a, const DeviceInfo&, Reason& reason) {
  if (a.do_sample) return reason.set("it draws nothing, and a draw at temperature %g is wanted", double(a.temperature));
  if (a.probs) return reason.set("it gives no probabilities");
  return kernels::sample_rejects_rows(a, reason);
}

size_t workspace(const op::Sample& a, Context&) {
  return Workspace::rounded(kernels::sample_mark_bytes(a)) +
         size_t(a.logits.shape[0]) * sizeof(kernels::SampleScratch);
}

template <class T> void launch(const op::Sample& a, Context& ctx) {
  const auto p = kernels::sample_params<T>(a, ctx);
  void* scratch = ctx.workspace.take(size_t(a.logits.shape[0]) * sizeof(kernels::SampleScratch));
  const kernels::SampleArgmaxParams<T> all{p, static_cast<kernels::SampleScratch*>(scratch),
                                           ctx.state<dev::Tickets>().data};
  CUDA_CHECK(kernels::launch_sample_argmax(all, static_cast<cudaStream_t>(ctx.stream)));
}

void run(const op::Sample& a, Context& ctx) {
  a.logits.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Sample, .name = "argmax", .device = Device::cuda, .arch = {80, 0}, .priority = 30, .run = run,
                .reject = reject, .workspace = workspace);

}  // namespace
}  // namespace glimpse
