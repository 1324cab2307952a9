// Any bytes as a picture: decoded or refused with a sentence, both ways of treating alpha.
#include <cstddef>
#include <cstdint>
#include <span>

#include "glimpse/core/error.h"
#include "model/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  glimpse::ImageOptions options;
  options.max_pixels = 1 << 18;  // keeps one input within milliseconds
  options.alpha_on_white = size % 2 == 1;
  try {
    glimpse::decode_image(std::span(data, size), "fuzz", options);
  } catch (const glimpse::Error&) {
  }
  return 0;
}
