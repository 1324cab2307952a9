// What `glimpse inspect` found, as text and as JSON.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "glimpse/core/device_info.h"
#include "memory_plan.h"
#include "model/generation_config.h"

namespace glimpse::cli {

struct Inspection {
  std::filesystem::path directory;
  Glm4vConfig config;
  GenerationConfig generation;
  size_t files = 0, tensors = 0;
  int64_t parameters = 0, bytes = 0;           // of the tensors that the configuration asks for
  std::map<std::string, int64_t> bytes_of;     // by dtype, of all tensors
  std::vector<std::string> wrong;              // "NAME is missing", "NAME has the shape ..., not ..."
  std::vector<std::string> unused;             // tensors that the configuration does not know
  bool complete() const { return wrong.empty(); }
};

// Compares the checkpoint's tensors with those that the configuration asks for.
void count_tensors(const Checkpoint& checkpoint, Inspection& found);

std::string inspection_text(const Inspection& found);
OrderedJson inspection_json(const Inspection& found);
std::string tensors_text(const Checkpoint& checkpoint);
OrderedJson tensors_json(const Checkpoint& checkpoint);
std::string plan_text(const MemoryPlan& plan, const DeviceInfo& device);
OrderedJson plan_json(const MemoryPlan& plan, const DeviceInfo& device);

}  // namespace glimpse::cli
