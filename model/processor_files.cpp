#include "model/processor_files.h"

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

constexpr JsonLimits kLimits{.max_bytes = std::size_t{1} << 20, .max_depth = 16};

bool read_file(const std::filesystem::path& path, ProcessorFields& out) {
  if (!std::filesystem::exists(path)) return false;
  out = {read_json_file(path, kLimits), path.string()};
  GLIMPSE_CHECK(out.fields.is_object(), "%s: must be a JSON object", path.c_str());
  return true;
}

bool read_object(const std::filesystem::path& directory, const char* key, ProcessorFields& out) {
  ProcessorFields both;
  if (!read_file(directory / "processor_config.json", both)) return false;
  const auto object = JsonObject(both.fields, both.source + ": ").object(key);
  if (!object) return false;
  out = {object->value(), both.source + ": " + key};
  return true;
}

}  // namespace

ProcessorFields image_processor_fields(const std::filesystem::path& directory) {
  ProcessorFields out;
  if (read_file(directory / "preprocessor_config.json", out)) return out;
  read_object(directory, "image_processor", out);
  return out;
}

ProcessorFields video_processor_fields(const std::filesystem::path& directory) {
  ProcessorFields out;
  if (read_file(directory / "video_preprocessor_config.json", out)) return out;
  if (read_object(directory, "video_processor", out)) return out;
  return image_processor_fields(directory);
}

}  // namespace glimpse
