// Pixels to activations through the table, then a projection.
#include "glimpse/ops/linear.h"
#include "glimpse/ops/patch_embed.h"

namespace glimpse {
namespace {

op::Linear projection(const op::PatchEmbed& a, void* scratch) {
  op::Linear p;
  p.x = TensorView::dense(scratch, a.y.dtype, {a.pixels.shape[0], a.pixels.shape[1]});
  if (a.pixels.dtype == a.y.dtype) p.x = a.pixels;
  p.w = a.w, p.bias = a.bias, p.y = a.y;
  return p;
}

size_t scratch_bytes(const op::PatchEmbed& a) {
  return a.pixels.dtype == a.y.dtype ? 0 : size_t(a.pixels.numel() * size_of(a.y.dtype));
}

size_t workspace(const op::PatchEmbed& a, Context& ctx) {
  return Workspace::rounded(scratch_bytes(a)) + workspace_of(projection(a, nullptr), ctx, "linear");
}

void round(float v, float* y) { *y = v; }
void round(float v, bf16* y) { *y = to_bf16(v); }

template <class T> void normalise_row(const op::PatchEmbed& a, int64_t p, T* out) {
  const int64_t K = a.pixels.shape[1], from = p * a.pixels.stride[0];
  if (a.pixels.dtype == DType::f32) {
    for (int64_t k = 0; k < K; ++k) round(static_cast<const float*>(a.pixels.data)[from + k], out + k);
    return;
  }
  const int64_t channels = a.table.shape[0], columns = K / channels;
  const uint8_t* in = static_cast<const uint8_t*>(a.pixels.data) + from;
  for (int64_t c = 0; c < channels; ++c) {
    const float* level = static_cast<const float*>(a.table.data) + c * a.table.stride[0];
    for (int64_t k = c * columns; k < (c + 1) * columns; ++k) round(level[in[k]], out + k);
  }
}

void run(const op::PatchEmbed& a, Context& ctx) {
  if (!a.pixels.shape[0]) return;
  const size_t bytes = scratch_bytes(a);
  void* scratch = bytes ? ctx.workspace.take(bytes) : nullptr;
  const int64_t K = a.pixels.shape[1];
  if (bytes) {
#pragma omp parallel for num_threads(ctx.threads)
    for (int64_t p = 0; p < a.pixels.shape[0]; ++p) {
      if (a.y.dtype == DType::bf16) normalise_row(a, p, static_cast<bf16*>(scratch) + p * K);
      else normalise_row(a, p, static_cast<float*>(scratch) + p * K);
    }
  }
  run_inner(projection(a, scratch), ctx, "linear");
}

GLIMPSE_VARIANT(op::PatchEmbed, .name = "split", .run = run, .workspace = workspace);

}  // namespace
}  // namespace glimpse
