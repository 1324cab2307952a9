// Memory of a forward pass, found by letting the model's own code run over reserved address space without computing.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "glimpse/core/backend.h"
#include "glimpse/core/plan.h"
#include "model/checkpoint.h"
#include "model/config.h"
#include "model/generate.h"
#include "model/image_processor.h"
#include "model/json.h"

namespace glimpse::cli {

struct PlannedPicture {
  int64_t width = 0, height = 0;   // as asked for
  int64_t model_width = 0, model_height = 0;  // as the model sees it
  int64_t patches = 0, tokens = 0;
};

struct MemoryPlan {
  DType dtype = DType::f32;                               // of activations and cache
  std::vector<PlannedPicture> pictures;
  int64_t context = 0;                                    // tokens of one sequence in the cache
  int64_t chunk = 0;                                      // of them in one step
  std::vector<std::pair<std::string, int64_t>> buffers;   // activations by name, bytes
  int64_t decode = 0;                                     // activations of a decode step
  int64_t workspace = 0;                                  // scratch of the kernels, the largest at once
  int64_t kv_cache = 0;
  int64_t mapped = 0;                                     // weights used where the checkpoint is mapped
  int64_t owned = 0;                                      // weights copied: uploaded, or rearranged
  int64_t peak = 0;                                       // all allocations on the device together, at their highest
  std::string unused_rule;                                // what is wrong with a rule that matches nothing
};

struct PlanRequest {
  std::vector<std::pair<int64_t, int64_t>> pictures;      // width, height
  int64_t context = 0;                                    // 0: the model's longest
  GenerateOptions generate;
  DType dtype = DType::f32;
  Plan kernels;
  int threads = 0;                                        // as for Run
};

// What runs where.
struct PlanTarget {
  DType dtype = DType::f32;
  Plan kernels;
  int threads = 0;
  DeviceInfo device;
};

// Of `slots` sequences of up to `context` tokens, one of which is this prompt; two tokens are decoded, where they fit.
// Throws Error where no kernel takes a shape.
MemoryPlan plan_prompt(const Checkpoint& checkpoint, const Glm4vConfig& config, const Prompt& prompt, int slots,
                       int64_t context, const GenerateOptions& options, const PlanTarget& target);
// Of pictures and text that fill the context. Throws Error as above, and where the pictures do not fit the context.
MemoryPlan plan_memory(const Checkpoint& checkpoint, const Glm4vConfig& config, const ImageProcessorOptions& options,
                       const PlanRequest& request, const DeviceInfo& device);
// Throws Error saying how much the plan needs, how much there is, and what needs less, where its allocations are more
// than the device has left. Mapped weights are not counted: their pages come and go.
void check_memory(const MemoryPlan& plan, const Backend& backend);

}  // namespace glimpse::cli
