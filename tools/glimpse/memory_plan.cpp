// Memory of a forward pass, found by letting the model's own code run over reserved address space without computing.
#include "memory_plan.h"

#include <algorithm>

#include "glimpse/core/op.h"
#include "glimpse/core/run.h"
#include "plan_backend.h"
#include "sites.h"
#include "table.h"

namespace glimpse::cli {

namespace {

// The pictures' placeholders, then text up to `context` tokens.
Prompt prompt_of(MemoryPlan& plan, const PixelBatch& batch, const Glm4vConfig& config) {
  Prompt prompt;
  const int64_t merge = config.vision.spatial_merge_size;
  for (size_t i = 0; i < plan.pictures.size(); ++i) {
    const auto& [t, h, w] = batch.grid_thw[i];
    PlannedPicture& picture = plan.pictures[i];
    picture.model_width = w * config.vision.patch_size, picture.model_height = h * config.vision.patch_size;
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

struct DryRun {
  MemoryPlan plan;
  std::vector<std::string> unused;  // rules
  SiteList sites;
};

void dry_run(const Checkpoint& checkpoint, const Glm4vConfig& config, const Prompt& prompt, int slots, int64_t context,
             GenerateOptions options, const PlanTarget& target, DryRun& out) {
  const int64_t tokens = int64_t(prompt.ids.size());
  options.reuse_prefix = false, options.ignore_eos = true, options.num_return_sequences = 1;
  options.config.stop_strings.clear(), options.thinking.reset();
  options.config.min_new_tokens = 0, options.config.max_new_tokens = std::clamp<int64_t>(context - tokens + 1, 1, 2);
  MemoryPlan& plan = out.plan;
  plan.dtype = target.dtype, plan.context = context, plan.chunk = std::min(options.prefill_chunk, context);
  PlanBackend backend(target.device);
  const int64_t before = PlanBackend::current();
  Run run(backend, target.kernels, target.threads);
  run.set_dry(true);
  run.add_observer(&out.sites);
  Glm4vForConditionalGeneration model(checkpoint, config, run, target.dtype);
  plan.owned = PlanBackend::current() - before;
  plan.mapped = backend.on_host() ? int64_t(checkpoint.total_bytes()) : 0;
  Generator generator(model, slots, context);
  generator.generate({prompt}, options);
  out.unused = run.plan().unused();
  plan.buffers = model.arena().buffers();
  plan.decode = generator.decode().arena().bytes();
  plan.workspace = int64_t(run.workspace().peak());
  plan.kv_cache = generator.cache().bytes();
  plan.peak = PlanBackend::peak() - before;
}

}  // namespace

MemoryPlan plan_prompt(const Checkpoint& checkpoint, const Glm4vConfig& config, const Prompt& prompt, int slots,
                       int64_t context, const GenerateOptions& options, const PlanTarget& target) {
  DryRun run;
  dry_run(checkpoint, config, prompt, slots, context, options, target, run);
  if (run.unused.empty()) return run.plan;
  const std::string rule = run.unused.front(), op = op_of_rule(rule);
  std::string outer;  // whose part the op is, where that is split
  for (const OpBase* o : ops())
    if (outer.empty() && run.sites.of(op).empty() && o->find("split") >= 0) {
      PlanTarget split = target;
      split.kernels = {};
      split.kernels.add(std::string(o->name()) + "=split");
      DryRun again;
      dry_run(checkpoint, config, prompt, slots, context, options, split, again);
      if (!again.sites.of(op).empty()) outer = o->name();
    }
  run.plan.unused_rule = unused_rule_text(rule, run.sites, outer);
  return run.plan;
}

MemoryPlan plan_memory(const Checkpoint& checkpoint, const Glm4vConfig& config, const ImageProcessorOptions& options,
                       const PlanRequest& request, const DeviceInfo& device) {
  MemoryPlan pictures;
  for (const auto& [width, height] : request.pictures) pictures.pictures.push_back({.width = width, .height = height});
  pictures.context = request.context ? request.context : config.text.max_position_embeddings;
  PixelBatch batch;
  if (!pictures.pictures.empty()) batch = preprocess(options, pictures.pictures);
  Prompt prompt = prompt_of(pictures, batch, config);
  if (!pictures.pictures.empty()) {
    prompt.vision.pixels = TensorView::dense(batch.patches.data(), DType::u8, {batch.rows, batch.columns});
    prompt.vision.table = TensorView::dense(batch.table.data(), DType::f32, {3, 256});
  }
  MemoryPlan plan = plan_prompt(checkpoint, config, prompt, 1, pictures.context, request.generate,
                                {request.dtype, request.kernels, request.threads, device});
  plan.pictures = pictures.pictures;
  return plan;
}

void check_memory(const MemoryPlan& plan, const Backend& backend) {
  const int64_t left = backend.available_bytes();
  if (plan.peak <= left) return;
  GLIMPSE_FAIL("this needs %s of memory (%s KV cache of %s tokens a sequence, %s copied weights, the rest activations),"
               " but %s has %s left; give fewer tokens (--max-new-tokens, --context), fewer or smaller pictures%s",
               bytes_text(plan.peak).c_str(), bytes_text(plan.kv_cache).c_str(), grouped(plan.context).c_str(),
               bytes_text(plan.owned).c_str(), backend.info().name, bytes_text(left).c_str(),
               plan.dtype == DType::f32 ? ", or --dtype bf16" : "");
}

}  // namespace glimpse::cli
