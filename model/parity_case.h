// A golden case: what the reference was given and what it computed, read from a directory.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "glimpse/core/safetensors.h"
#include "model/chat.h"
#include "model/glm4v.h"

namespace glimpse {

// One row of `input_ids` without its padding, with its share of the pictures and videos.
struct GoldenSequence {
  Prompt prompt;
  std::vector<int64_t> columns;  // column of each token in the padded row
};

class GoldenCase {
 public:
  // DIR/case.json, inputs.safetensors, f32.safetensors and, with `dtype` bf16, bf16.safetensors. Throws Error naming
  // the file and the field that is missing or malformed.
  GoldenCase(const std::filesystem::path& directory, DType dtype);

  // The rows of input_ids; grids and pixel values are handed out to the placeholders in order. Throws Error where they
  // do not fit together.
  std::vector<GoldenSequence> sequences(const Glm4vConfig& config) const;
  // An integer tensor of the inputs, row-major; empty where there is none. Throws Error where it has another rank.
  std::vector<int64_t> integers(const std::string& name, int rank) const;
  // Columns of row b of input_ids where attention_mask is 1.
  std::vector<int64_t> columns(int64_t b) const;
  // The grids of "image_grid_thw" or "video_grid_thw".
  std::vector<Grid> grids(const std::string& name) const;
  // A field of case.json. Throws Error naming the file where it is missing.
  const OrderedJson& field(const char* name) const;
  // A field that is one value, or a list of one for each row in a batch.
  std::vector<OrderedJson> fields(const char* name) const;

  std::filesystem::path directory;
  OrderedJson info;
  SafetensorsFile inputs, f32;
  std::optional<SafetensorsFile> bf16;
  int64_t rows = 0, length = 0;      // of input_ids
};

// The golden cases of `directory`: itself, its subdirectories, or those of its subdirectory "cases"; `only`: the one of
// that name. Throws Error where there is none, and for a subdirectory that is no case.
std::vector<std::filesystem::path> find_golden_cases(const std::filesystem::path& directory,
                                                     const std::string& only = "");

}  // namespace glimpse
