#include "glimpse/kernels/patch_embed/implicit_mma_sm80.cuh"

#include "glimpse/device/accepts.h"
#include "glimpse/device/check.cuh"
#include "glimpse/ops/patch_embed.h"

namespace glimpse {
namespace {

using kernels::MmaTileName;

bool rejects_levels(const op::PatchEmbed& a, Reason& reason) {
  if (a.pixels.dtype != DType::u8) return reason.set("pixels are %s, it takes u8 levels", name_of(a.pixels.dtype));
  const int64_t channels = a.table.shape[0], per_channel = a.pixels.shape[1] / channels;
  if (channels > kernels::kPatchMostChannels)
    return reason.set("pixels have %lld channels, at most %d", (long long)channels, kernels::kPatchMostChannels);
  if (per_channel % 8)
    return reason.set("a channel has %lld pixels of a patch, not a multiple of 8", (long long)per_channel);
  if (reinterpret_cast<uintptr_t>(a.pixels.data) % 8 || (a.pixels.shape[0] > 1 && a.pixels.stride[0] % 8))
    return reason.set("rows of pixels, %lld apart, do not begin at 8-byte boundaries", (long long)a.pixels.stride[0]);
  return false;
}

bool reject(const op::PatchEmbed& a, const DeviceInfo& device, Reason& reason) {
  if (a.y.dtype != DType::bf16) return reason.set("y is %s, it takes bf16 only", name_of(a.y.dtype));
  if (a.w.format != WeightFormat::dense) return reason.set("it takes dense weights only");
  if (rejects_levels(a, reason) || dev::not_aligned_bf16("w", a.w.data, reason)) return true;
  if (a.y.shape[1] > 1 && a.y.stride[1] != 1)
    return reason.set("the elements of a row of y are %lld apart, not 1", (long long)a.y.stride[1]);
  if (dev::not_int("P", a.y.shape[0], reason) || dev::not_int("D", a.y.shape[1], reason)) return true;
  const int64_t needed = kernels::cost_of(MmaTileName::square).shared_bytes + kernels::kPatchTableBytes;
  return device.smem_per_block < needed && reason.set("it needs %lld bytes of shared memory, a block may have %lld",
                                                      (long long)needed, (long long)device.smem_per_block);
}

void run(const op::PatchEmbed& a, Context& ctx) {
  kernels::PatchEmbedMmaParams p{};
  const auto levels = view<uint8_t, 2>(a.pixels);
  const auto table = view<float, 2>(a.table);
  const auto w = view<bf16, 2>(a.w.data), y = view<bf16, 2>(a.y);
  p.levels = levels.data, p.levels_row = levels.stride[0];
  p.table = table.data, p.table_row = table.stride[0], p.table_step = table.stride[1];
  p.channels = int(table.shape[0]), p.per_channel = int(levels.shape[1] / table.shape[0]);
  p.product.w = w.data, p.product.w_row = w.stride[0], p.product.y = y.data, p.product.y_row = y.stride[0];
  p.product.bias = a.bias.data, p.product.bias_is_bf16 = a.bias.dtype == DType::bf16;
  p.product.M = int(y.shape[0]), p.product.N = int(y.shape[1]), p.product.K = int(w.shape[1]);
  p.product.aligned = dev::rows_aligned(a.y);
  const MmaTileName tile = kernels::choose_mma_tile(ctx.device, p.product.M, p.product.N);
  CUDA_CHECK(kernels::launch_patch_embed_implicit_mma_sm80(p, tile, static_cast<cudaStream_t>(ctx.stream)));
}

GLIMPSE_VARIANT(op::PatchEmbed, .name = "implicit_mma_sm80", .device = Device::cuda, .arch = {80, 0}, .priority = 10,
                .run = run, .reject = reject);

}  // namespace
}  // namespace glimpse
