// Options that several commands share, and what they open.
#include "model_options.h"

#include <cstdio>

#include "glimpse/core/backend.h"
#include "glimpse/core/error.h"
#include "memory_plan.h"
#include "model/hub.h"
#include "table.h"
#include "usage.h"

namespace glimpse::cli {

constexpr int64_t kWorthMention = int64_t(1) << 30;  // bytes
constexpr int64_t kRulesContext = 256;               // tokens, enough for a small picture and a text

void add_model_option(CLI::App& command, ModelOptions& options) {
  command.add_option("-m,--model", options.model, "model directory, or org/name in the local Hugging Face cache")
      ->required()
      ->type_name("DIR");
}

void add_processor_options(CLI::App& command, ModelOptions& options) {
  repeatable(command.add_option("--plugin", options.plugins, "shared object that brings kernel variants of its own"))
      ->type_name("FILE.so");
  command.add_option("--threads", options.threads, "CPU threads; 0 takes all this process may use")
      ->check(whole_within(0, 4096))
      ->type_name("N");
}

void add_device_options(CLI::App& command, ModelOptions& options) {
  command.add_option("--device", options.device, "auto (a GPU where there is one), cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->type_name("NAME");
  add_processor_options(command, options);
}

void add_model_options(CLI::App& command, ModelOptions& options) {
  add_model_option(command, options);
  add_device_options(command, options);
  command.add_option("--dtype", options.dtype, "of activations: f32 (default on the CPU) or bf16 (on a GPU)")
      ->check(CLI::IsMember({"f32", "bf16"}))
      ->type_name("NAME");
  repeatable(command.add_option("--kernel", options.kernels,
                                "use this variant there: op[.site][layers]=variant, e.g. attention.text[8-15]=scalar"))
      ->type_name("RULE");
}

Backend& open_backend(const ModelOptions& options) {
  if (options.threads > usable_threads())
    std::fprintf(stderr, "glimpse: --threads %d is more than the %d processors here; they will wait for each other\n",
                 options.threads, usable_threads());
  for (const std::string& plugin : options.plugins) load_plugin(plugin.c_str());
  return backend(options.device);
}

Plan open_plan(const ModelOptions& options) {
  Plan plan;
  for (const std::string& rule : options.kernels) plan.add(rule);
  return plan;
}

DType activation_dtype(const ModelOptions& options, const DeviceInfo& device) {
  if (options.dtype.empty()) return device.kind == Device::cpu ? DType::f32 : DType::bf16;
  return options.dtype == "f32" ? DType::f32 : DType::bf16;
}

Prompt text_prompt(int64_t tokens) {
  Prompt prompt;
  prompt.ids.assign(size_t(tokens), 0);
  return prompt;
}

OpenModel::OpenModel(const ModelOptions& options)
    : backend(open_backend(options)),
      run(backend, open_plan(options), options.threads),
      threads(options.threads),
      dtype(activation_dtype(options, backend.info())),
      directory(resolve_model(options.model)),
      config(Glm4vConfig::from_pretrained(directory)),
      checkpoint(Checkpoint::open(directory)),
      processor(Glm4vProcessor::from_pretrained(directory, config)),
      generation(GenerationConfig::from_pretrained(directory, config.text)) {
  processor.options().set_threads(run.threads());
  if (!run.plan().empty()) run.add_observer(&sites), check_rules();
  if (const std::string doubt = check_chat_template(directory); !doubt.empty())
    std::fprintf(stderr, "glimpse: %s\n", doubt.c_str());
}

MemoryPlan OpenModel::plan(const Prompt& prompt, int slots, int64_t context,
                           const GenerateOptions& options) const {
  const PlanTarget target{dtype, run.plan(), threads, backend.info()};
  MemoryPlan plan = plan_prompt(checkpoint, config, prompt, slots, context, options, target);
  check_memory(plan, backend);
  if (plan.owned > kWorthMention)
    std::fprintf(stderr, "glimpse: %s of memory needed (%s of weights to upload), %s left on %s\n",
                 bytes_text(plan.peak).c_str(), bytes_text(plan.owned).c_str(),
                 bytes_text(backend.available_bytes()).c_str(), backend.info().name);
  return plan;
}

void OpenModel::check_rules() const {
  const PlanRequest request{.pictures = {{112, 112}}, .context = kRulesContext, .generate = {}, .dtype = dtype,
                            .kernels = run.plan(), .threads = threads};
  std::string unused;
  try {
    unused = plan_memory(checkpoint, config, processor.options().image, request, backend.info()).unused_rule;
  } catch (const Error&) {
    // A variant that takes no such picture may take what is asked of it.
  }
  if (!unused.empty()) GLIMPSE_FAIL("%s", unused.c_str());
}

}  // namespace glimpse::cli
