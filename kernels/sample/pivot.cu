#include "glimpse/kernels/sample/radix.cuh"

#include "glimpse/device/check.cuh"
#include "glimpse/ops/sample.h"

namespace glimpse {
namespace {

// The seen ids of each row, a byte an id.
size_t workspace(const op::Sample& a, Context&) {
  return a.history && a.repetition_penalty != 1 ? size_t(a.logits.numel()) : 0;
}

template <class T> void launch(const op::Sample& a, Context& ctx) {
  kernels::SampleRadixParams<T> p{};
  p.logits = view<T, 2>(a.logits), p.token = view<int32_t, 1>(a.token);
  if (const size_t bytes = workspace(a, ctx)) {
    p.history = view<int32_t, 2>(a.history), p.history_len = view<int32_t, 1>(a.history_len);
    p.marks = static_cast<uint8_t*>(ctx.workspace.take(bytes));
  }
  if (a.stream) p.stream = view<int32_t, 1>(a.stream);
  if (a.step) p.step = view<int32_t, 1>(a.step);
  if (a.probs) p.probs = view<float, 2>(a.probs);
  p.seed = a.seed, p.temperature = a.temperature, p.top_p = a.top_p, p.min_p = a.min_p;
  p.penalty = a.repetition_penalty, p.top_k = a.top_k, p.draw = a.do_sample;
  CUDA_CHECK(kernels::launch_sample_radix(p, static_cast<cudaStream_t>(ctx.stream)));
}

void run(const op::Sample& a, Context& ctx) {
  a.logits.dtype == DType::bf16 ? launch<bf16>(a, ctx) : launch<float>(a, ctx);
}

GLIMPSE_VARIANT(op::Sample, .name = "radix", .device = Device::cuda, .arch = {80, 0}, .run = run,
                .workspace = workspace);

}  // namespace
}  // namespace glimpse
