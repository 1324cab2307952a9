// Any text as config.json and generation_config.json: an error, or numbers that can be computed with.
#include <cstdlib>

#include "glimpse/core/error.h"
#include "model/config.h"
#include "model/generation_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const glimpse::Json json = glimpse::parse_json(text, "fuzz");
    try {
      glimpse::GenerationConfig::from_json(json, "fuzz");
    } catch (const glimpse::Error&) {
    }
    const glimpse::Glm4vConfig config = glimpse::Glm4vConfig::from_json(json, "fuzz");
    if (config.text.kv_bytes_per_token() <= 0 || config.vision.patch_elements() <= 0) std::abort();
    if (config.parameter_count() <= 0) std::abort();
  } catch (const glimpse::Error&) {
  }
  return 0;
}
