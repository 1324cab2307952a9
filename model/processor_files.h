#pragma once

#include <filesystem>

#include "model/json.h"

namespace glimpse {

/// The fields of the picture processor and of the video processor, and the file that they came from.
struct ProcessorFields {
  Json fields = Json::object();
  std::string source;
};

/// preprocessor_config.json, else the object "image_processor" of processor_config.json, else no fields (spec 1.5:
/// where both are there, the separate file counts, as in 4.57).
ProcessorFields image_processor_fields(const std::filesystem::path& directory);

/// video_preprocessor_config.json, else the object "video_processor" of processor_config.json, else the picture
/// processor's preprocessor_config.json.
ProcessorFields video_processor_fields(const std::filesystem::path& directory);

}  // namespace glimpse
