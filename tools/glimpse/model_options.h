// Options that several commands share, and what they open.
#pragma once
#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "glimpse/core/run.h"
#include "memory_plan.h"
#include "model/checkpoint.h"
#include "model/config.h"
#include "model/generation_config.h"
#include "model/glm4v.h"
#include "model/processor.h"
#include "sites.h"

namespace glimpse::cli {

struct ModelOptions {
  std::string model;                  // a directory, or org/name in the local cache
  std::string device = "auto";        // auto, cpu, cuda
  std::string dtype;                  // f32, bf16; empty: f32 on the CPU, bf16 on a GPU
  std::vector<std::string> kernels;   // rules of core/plan.h
  std::vector<std::string> plugins;   // shared objects that bring variants
  int threads = 0;                    // 0: all this process may use
  bool json = false;
};

// -m; --json is not among them: whoever adds it says what the object holds.
void add_model_option(CLI::App& command, ModelOptions& options);
// --plugin, --threads.
void add_processor_options(CLI::App& command, ModelOptions& options);
// --device and the processor's.
void add_device_options(CLI::App& command, ModelOptions& options);
// All options of a command that runs a model: -m, the device's, --kernel, --dtype.
void add_model_options(CLI::App& command, ModelOptions& options);

// Loads the plugins, then opens the device: a plan may name variants of a plugin. Throws Error naming what is missing.
Backend& open_backend(const ModelOptions& options);
// The rules of --kernel. Throws Error for an unknown op or variant; call open_backend first.
Plan open_plan(const ModelOptions& options);
// Of activations and KV cache on that device.
DType activation_dtype(const ModelOptions& options, const DeviceInfo& device);
// Text that fills so many tokens, to plan memory with.
Prompt text_prompt(int64_t tokens);

// A model directory opened for running: plugins, device and plan first, so that a misspelt name is found at once.
// Weights are mapped, not read; Glm4vForConditionalGeneration (model/glm4v.h) is made from it by the command.
struct OpenModel {
  // Throws Error as those who read the files do, and where a rule of --kernel matches no site that a picture and a text
  // have.
  explicit OpenModel(const ModelOptions& options);
  OpenModel(const OpenModel&) = delete;
  // What sequences like this take; refused where it is more than there is (memory_plan.h). Before the model is made,
  // whose arena may reserve the activations then.
  MemoryPlan plan(const Prompt& prompt, int slots, int64_t context, const GenerateOptions& options) const;
  // Throws Error where a rule of --kernel matched no site that ran: for the end of a command whose prompts were not
  // known before.
  void check_rules_used() const { cli::check_rules_used(run, sites); }

  Backend& backend;
  glimpse::Run run;
  int threads;
  SiteList sites;  // kept only where there are rules
  DType dtype;
  std::filesystem::path directory;
  Glm4vConfig config;
  Checkpoint checkpoint;
  Glm4vProcessor processor;
  GenerationConfig generation;

 private:
  void check_rules() const;
};

}  // namespace glimpse::cli
