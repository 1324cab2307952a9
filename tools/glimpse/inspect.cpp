// glimpse inspect: what a model directory holds, and the memory that running it takes.
#include <cstdio>
#include <memory>

#include "commands.h"
#include "device_text.h"
#include "inspect_text.h"
#include "memory_plan.h"
#include "model/generation_config.h"
#include "model/hub.h"
#include "model/processor_files.h"
#include "model_options.h"
#include "usage.h"

namespace glimpse::cli {

namespace {

struct InspectOptions {
  ModelOptions common;
  bool tensors = false, plan = false;
  std::vector<std::string> images;
  int64_t context = 0, chunk = 0;
};

// "1344x1344" -> width and height.
std::pair<int64_t, int64_t> size_of_picture(const std::string& text) {
  long long width = 0, height = 0;
  int used = 0;
  const bool read = std::sscanf(text.c_str(), "%5lldx%5lld%n", &width, &height, &used) == 2;
  GLIMPSE_CHECK(read && size_t(used) == text.size() && width > 0 && height > 0 && width * height <= 178956970,
                "--image %s is not a picture's size; write WIDTHxHEIGHT in pixels, e.g. 1344x1344", text.c_str());
  return {width, height};
}

MemoryPlan plan_of(const InspectOptions& options, const Checkpoint& checkpoint, const Glm4vConfig& config,
                   const DeviceInfo& device) {
  PlanRequest request{.pictures = {}, .context = options.context, .generate = {},
                      .dtype = activation_dtype(options.common, device), .kernels = open_plan(options.common),
                      .threads = options.common.threads};
  if (options.chunk) request.generate.prefill_chunk = options.chunk;
  for (const std::string& image : options.images) request.pictures.push_back(size_of_picture(image));
  const ProcessorFields fields = image_processor_fields(checkpoint.directory());
  const ImageProcessorOptions processor = image_processor_options({fields.fields, fields.source + ": "});
  const MemoryPlan plan = plan_memory(checkpoint, config, processor, request, device);
  GLIMPSE_CHECK(plan.unused_rule.empty(), "%s", plan.unused_rule.c_str());
  return plan;
}

void inspect(const InspectOptions& options, int& status) {
  GLIMPSE_CHECK(options.plan || (options.images.empty() && !options.context && !options.chunk),
                "--image, --context and --prefill-chunk belong to --plan; add it");
  Inspection found;
  found.directory = resolve_model(options.common.model);
  found.config = Glm4vConfig::from_pretrained(found.directory);
  const Checkpoint checkpoint = Checkpoint::open(found.directory);
  found.generation = GenerationConfig::from_pretrained(found.directory, found.config.text);
  count_tensors(checkpoint, found);
  OrderedJson json = inspection_json(found);
  std::string text = inspection_text(found);
  if (options.tensors) json["tensors"] = tensors_json(checkpoint), text += tensors_text(checkpoint);
  if (options.plan) {
    const DeviceInfo& device = open_backend(options.common).info();
    const MemoryPlan plan = plan_of(options, checkpoint, found.config, device);
    json["plan"] = plan_json(plan, device), text += plan_text(plan, device);
  }
  if (options.common.json) text = json_text(json);
  std::fputs(text.c_str(), stdout);
  if (!found.complete()) status = 1;
}

}  // namespace

void add_inspect(CLI::App& app, int& status) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect", "show what a model directory holds and the memory that it takes");
  add_model_options(*command, options->common);
  command->add_flag("--tensors", options->tensors, "list every tensor");
  command->add_flag("--plan", options->plan, "plan the memory of a prompt, without running it");
  repeatable(command->add_option("--image", options->images, "with --plan: a picture of this size"))
      ->type_name("WxH");
  command->add_option("--context", options->context, "with --plan: tokens of the prompt; default: the model's longest")
      ->check(whole_within(1, int64_t(1) << 24))
      ->type_name("N");
  command->add_option("--prefill-chunk", options->chunk, "with --plan: tokens of the prompt per step (default 512)")
      ->check(whole_within(1, int64_t(1) << 24))
      ->type_name("N");
  command->add_flag("--json", options->common.json, "print one JSON object");
  command->footer("Examples:\n"
                  "  glimpse inspect -m zai-org/GLM-4.1V-9B-Thinking\n"
                  "  glimpse inspect -m DIR --tensors\n"
                  "  glimpse inspect -m DIR --plan --image 1344x1344 --context 65536\n"
                  "  glimpse inspect -m DIR --plan --image 640x480 --image 640x480 --context 4096 --dtype bf16 --json\n"
                  "Reads headers only, whatever the size of the checkpoint. Exit status 1: tensors are missing.");
  command->callback([options, &status] { inspect(*options, status); });
}

}  // namespace glimpse::cli
