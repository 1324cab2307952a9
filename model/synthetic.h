#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "glimpse/core/dtype.h"
#include "model/config.h"

namespace glimpse {

/// Elements [first, first + out.size()) of a synthetic tensor, in row-major order: splitmix64 of the element's index,
/// keyed by the tensor's name, scaled so that activations keep their size, and rounded to bf16. A pure function, so
/// that checkpoints of any width need not be stored.
void synthetic_values(const TensorSpec& tensor, std::uint64_t seed, std::int64_t first, std::span<bf16> out);

/// Writes DIR/model.safetensors with the synthetic tensors of `config`, in order of their names.
void write_synthetic_checkpoint(const Glm4vConfig& config, std::uint64_t seed, const std::filesystem::path& directory);

/// Writes the four shards and the index of GLM-4.1V-9B-Thinking with their exact headers, sizes and names, the data
/// left as holes (zeros that take no space), and a config.json of its values.
void write_sparse_9b(const std::filesystem::path& directory);

/// The values of the released GLM-4.1V-9B-Thinking.
OrderedJson released_config();

}  // namespace glimpse
