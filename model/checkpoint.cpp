#include "model/checkpoint.h"

#include "glimpse/core/error.h"
#include "model/json.h"

namespace glimpse {
namespace {

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

// A shard lies beside its index: a separator or a parent would let a downloaded index open any file of the machine.
void check_shard_name(const std::string& name, const std::string& index) {
  const bool plain = !name.empty() && name.size() <= 255 && name.find('/') == std::string::npos &&
                     name.find('\0') == std::string::npos && name != "." && name != "..";
  GLIMPSE_CHECK(plain, "%s: weight_map names the file \"%s\", which is not a plain file name", index.c_str(),
                name.substr(0, 100).c_str());
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::map<std::string, std::vector<std::string>> read_index(const std::filesystem::path& path) {
  const std::string source = path.string();
  const Json json = parse_unique_json(read_text_file(path, JsonLimits{}.max_bytes), source);
  const auto weight_map = JsonObject(json, source + ": ").object("weight_map");
  GLIMPSE_CHECK(weight_map && !weight_map->value().empty(),
                "%s: weight_map is missing or empty; download the file again", source.c_str());
  std::map<std::string, std::vector<std::string>> tensors_of;
  for (const auto& [tensor, file] : weight_map->value().items()) {
    GLIMPSE_CHECK(file.is_string(), "%s: weight_map: the file of %s must be a string", source.c_str(),
                  tensor.substr(0, 120).c_str());
    check_shard_name(file.get<std::string>(), source);
    tensors_of[file.get<std::string>()].push_back(tensor);
  }
  return tensors_of;
}

}  // namespace

std::string canonical_name(const std::string& stored) {
  static constexpr struct { const char* prefix; const char* canonical; } kRenames[] = {
      {"visual.", "model.visual."},
      {"language_model.lm_head.", "lm_head."},
      {"language_model.model.", "model.language_model."},
      {"language_model.", "model.language_model."},
  };
  for (const auto& rename : kRenames) {
    if (stored.starts_with(rename.prefix)) return rename.canonical + stored.substr(std::string(rename.prefix).size());
  }
  return stored;
}

Checkpoint Checkpoint::open(const std::filesystem::path& directory) {
  Checkpoint checkpoint;
  checkpoint.directory_ = directory;
  if (std::filesystem::exists(directory / kSingle)) {
    checkpoint.files_.push_back(std::make_unique<SafetensorsFile>(directory / kSingle));
    for (const auto& [name, tensor] : checkpoint.files_[0]->tensors()) checkpoint.add(name, tensor, kSingle);
    return checkpoint;
  }
  const auto index = directory / kIndex;
  GLIMPSE_CHECK(std::filesystem::exists(index), "%s: neither %s nor %s is there; download the model again",
                directory.c_str(), kSingle, kIndex);
  for (const auto& [file, names] : read_index(index)) {
    GLIMPSE_CHECK(std::filesystem::exists(directory / file), "%s: shard %s is missing; download the model again",
                  directory.c_str(), file.c_str());
    checkpoint.files_.push_back(std::make_unique<SafetensorsFile>(directory / file));
    for (const std::string& name : names) {
      const StoredTensor* tensor = checkpoint.files_.back()->find(name);
      GLIMPSE_CHECK(tensor, "%s: lists tensor %s in %s, which lacks it; download the model again", index.c_str(),
                    name.substr(0, 120).c_str(), file.c_str());
      checkpoint.add(name, *tensor, file);
    }
  }
  return checkpoint;
}

void Checkpoint::add(const std::string& stored, const StoredTensor& tensor, const std::string& file) {
  const bool first = tensors_.emplace(canonical_name(stored), tensor).second;
  GLIMPSE_CHECK(first, "%s: tensor %s of %s is stored twice under different prefixes", directory_.c_str(),
                stored.substr(0, 120).c_str(), file.c_str());
}

const StoredTensor* Checkpoint::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

TensorView Checkpoint::view(const std::string& name) const {
  const StoredTensor* tensor = find(name);
  GLIMPSE_CHECK(tensor, "%s: tensor %s is missing; the checkpoint is incomplete or of another model",
                directory_.c_str(), name.c_str());
  return tensor->view(directory_.string() + ": " + name);
}

TensorView Checkpoint::view(const std::string& name, const std::vector<std::int64_t>& shape) const {
  const TensorView result = view(name);
  const StoredTensor* tensor = find(name);
  GLIMPSE_CHECK(tensor->shape == shape, "%s: tensor %s has shape %s, config.json makes it %s", directory_.c_str(),
                name.c_str(), shape_text(tensor->shape).c_str(), shape_text(shape).c_str());
  return result;
}

std::size_t Checkpoint::total_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [name, tensor] : tensors_) bytes += tensor.bytes;
  return bytes;
}

}  // namespace glimpse
