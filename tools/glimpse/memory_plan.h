// Memory of a forward pass, found by letting the model's own code run over reserved address space without computing.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "glimpse/core/plan.h"
#include "model/checkpoint.h"
#include "model/config.h"
#include "model/image_processor.h"
#include "model/json.h"

namespace glimpse::cli {

struct PlannedPicture {
  int64_t width = 0, height = 0;   // as asked for
  int64_t patches = 0, tokens = 0;
};

struct MemoryPlan {
  std::vector<PlannedPicture> pictures;
  int64_t context = 0;                                    // tokens of the prompt, all in one step
  std::vector<std::pair<std::string, int64_t>> buffers;   // activations by name, bytes
  int64_t workspace = 0;                                  // scratch of the kernels, the largest at once
  int64_t kv_cache = 0;
  int64_t mapped = 0;                                     // weights used where the checkpoint is mapped
  int64_t owned = 0;                                      // weights copied: uploaded, or rearranged
  int64_t peak = 0;                                       // all allocations on the device together, at their highest
};

// `pictures`: (width, height). `threads` as for Run; `context` 0: the model's longest. Throws Error where the pictures
// do not fit the context, or where no kernel takes a shape.
MemoryPlan plan_memory(const Checkpoint& checkpoint, const Glm4vConfig& config, const ImageProcessorOptions& options,
                       const std::vector<std::pair<int64_t, int64_t>>& pictures, int64_t context, DType dtype,
                       const DeviceInfo& device, const Plan& kernels, int threads);

}  // namespace glimpse::cli
