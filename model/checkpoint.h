#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "glimpse/core/safetensors.h"

namespace glimpse {

/// The name of spec 2.2 for a tensor saved by the base model class ("visual.", "language_model.") or by vLLM
/// ("language_model.model.", "language_model.lm_head."); other names are returned as they are (spec 2.3).
std::string canonical_name(const std::string& stored);

/// All tensors of a model directory, mapped: model.safetensors, or the shards of model.safetensors.index.json.
class Checkpoint {
 public:
  /// Maps every file and checks every header; reads no tensor data. Errors: no weights in the directory, a shard
  /// missing, a shard name that leaves the directory, a tensor that the index lists and its shard lacks, a tensor
  /// stored twice.
  static Checkpoint open(const std::filesystem::path& directory);

  /// By canonical name.
  const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }
  const StoredTensor* find(const std::string& name) const;
  /// The view of a tensor; it lives as long as the checkpoint. Errors: missing, or an element type no op takes.
  TensorView view(const std::string& name) const;
  /// The same, and the shape must be this one.
  TensorView view(const std::string& name, const std::vector<std::int64_t>& shape) const;

  const std::filesystem::path& directory() const { return directory_; }
  std::size_t total_bytes() const;
  std::size_t file_count() const { return files_.size(); }

 private:
  void add(const std::string& stored, const StoredTensor& tensor, const std::string& file);

  std::filesystem::path directory_;
  std::vector<std::unique_ptr<SafetensorsFile>> files_;
  std::map<std::string, StoredTensor> tensors_;
};

}  // namespace glimpse
