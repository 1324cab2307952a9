// Memory of a forward pass, found by letting the model's own code run over reserved address space without computing.
#include "memory_plan.h"

#include <algorithm>

#include "glimpse/core/run.h"
#include "model/generate.h"
#include "plan_backend.h"
#include "sites.h"

namespace glimpse::cli {

namespace {

// The pictures' placeholders, then text up to `context` tokens.
Prompt prompt_of(MemoryPlan& plan, const PixelBatch& batch, const Glm4vConfig& config) {
  Prompt prompt;
  const int64_t merge = config.vision.spatial_merge_size;
  for (size_t i = 0; i < plan.pictures.size(); ++i) {
    const auto& [t, h, w] = batch.grid_thw[i];
    PlannedPicture& picture = plan.pictures[i];
    picture.patches = t * h * w;
    picture.tokens = picture.patches / (merge * merge);
    prompt.images.push_back({t, h, w});
    prompt.ids.push_back(int32_t(config.image_start_token_id));
    prompt.ids.insert(prompt.ids.end(), size_t(picture.tokens), int32_t(config.image_token_id));
    prompt.ids.push_back(int32_t(config.image_end_token_id));
  }
  GLIMPSE_CHECK(int64_t(prompt.ids.size()) < plan.context, "the pictures take %zu tokens, which leaves no text in a "
                "context of %lld; give a larger --context or smaller pictures", prompt.ids.size(),
                (long long)plan.context);
  prompt.ids.resize(size_t(plan.context), 0);
  prompt.vision.grids = prompt.images;
  return prompt;
}

PixelBatch preprocess(const ImageProcessorOptions& options, const std::vector<PlannedPicture>& pictures) {
  std::vector<ImageInput> images;
  for (const PlannedPicture& p : pictures)
    images.push_back(Image{p.height, p.width, std::vector<uint8_t>(size_t(3 * p.width * p.height))});
  ImageProcessorOptions bytes_only = options;
  bytes_only.want_pixel_values = false;
  return Glm4vImageProcessorFast(bytes_only).preprocess(images);
}

}  // namespace

MemoryPlan plan_memory(const Checkpoint& checkpoint, const Glm4vConfig& config, const ImageProcessorOptions& options,
                       const PlanRequest& request, const DeviceInfo& device) {
  GenerateOptions generate;
  generate.reuse_prefix = false;
  if (request.chunk) generate.prefill_chunk = request.chunk;
  MemoryPlan plan;
  plan.dtype = request.dtype;
  for (const auto& [width, height] : request.pictures) plan.pictures.push_back({width, height, 0, 0});
  plan.context = request.context ? request.context : config.text.max_position_embeddings;
  plan.chunk = std::min(generate.prefill_chunk, plan.context);
  PixelBatch batch;
  if (!plan.pictures.empty()) batch = preprocess(options, plan.pictures);
  Prompt prompt = prompt_of(plan, batch, config);
  if (!plan.pictures.empty()) {
    prompt.vision.pixels = TensorView::dense(batch.patches.data(), DType::u8, {batch.rows, batch.columns});
    prompt.vision.table = TensorView::dense(batch.table.data(), DType::f32, {3, 256});
  }
  PlanBackend backend(device);
  const int64_t before = PlanBackend::current();
  Run run(backend, request.kernels, request.threads);
  SiteList sites;
  run.set_dry(true);
  run.add_observer(&sites);
  Glm4vForConditionalGeneration model(checkpoint, config, run, request.dtype);
  plan.owned = PlanBackend::current() - before;
  plan.mapped = backend.on_host() ? int64_t(checkpoint.total_bytes()) : 0;
  Generator generator(model, 1, plan.context);
  generator.prefill(prompt, generate);
  check_rules_used(run, sites);
  plan.buffers = model.arena().buffers();
  plan.workspace = int64_t(run.workspace().peak());
  plan.kv_cache = generator.cache().bytes();
  plan.peak = PlanBackend::peak() - before;
  return plan;
}

}  // namespace glimpse::cli
