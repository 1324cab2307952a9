// The CUDA variants' parameters out of the op's arguments, and their workspace.
#pragma once
#include "glimpse/device/check.cuh"
#include "glimpse/device/tickets.h"
#include "glimpse/ops/sample.h"

namespace glimpse::kernels {

// The seen ids of each row, a byte an id.
inline size_t sample_mark_bytes(const op::Sample& a) {
  return a.history && a.repetition_penalty != 1 ? size_t(a.logits.numel()) : 0;
}

// Takes the marks from the workspace, first of all, and makes them.
template <class T> SampleParams<T> sample_params(const op::Sample& a, Context& ctx) {
  SampleParams<T> p{};
  p.logits = view<T, 2>(a.logits), p.token = view<int32_t, 1>(a.token);
  if (a.stream) p.stream = view<int32_t, 1>(a.stream);
  if (a.step) p.step = view<int32_t, 1>(a.step);
  if (a.probs) p.probs = view<float, 2>(a.probs);
  p.seed = a.seed, p.temperature = a.temperature, p.min_p = a.min_p;
  p.light = a.top_p < 1 ? float(1 - a.top_p) : 0;  // as the reference rounds it
  p.penalty = a.repetition_penalty, p.top_k = a.top_k, p.draw = a.do_sample;
  if (const size_t bytes = sample_mark_bytes(a)) {
    p.history = view<int32_t, 2>(a.history), p.history_len = view<int32_t, 1>(a.history_len);
    p.marks = static_cast<uint8_t*>(ctx.workspace.take(bytes));
    CUDA_CHECK(launch_sample_mark(p, static_cast<cudaStream_t>(ctx.stream)));
  }
  return p;
}

// A row needs one ticket, and has its own in the grid's second dimension.
inline bool sample_rejects_rows(const op::Sample& a, Reason& reason) {
  static_assert(dev::kMostGridY <= dev::Tickets::kCount);
  return a.logits.shape[0] > dev::kMostGridY &&
         reason.set("it takes %lld rows at most, got %lld", (long long)dev::kMostGridY, (long long)a.logits.shape[0]);
}

}  // namespace glimpse::kernels
