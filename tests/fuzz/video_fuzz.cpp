// Any bytes as a video: scanned, sampled, decoded and cut into patches, or refused with a sentence.
#include <cstddef>
#include <cstdint>

#include "glimpse/core/error.h"
#include "model/video_processor.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  glimpse::VideoLimits limits;
  limits.max_pixels = 1 << 16;  // keeps one input within a second
  limits.max_frames = 256;
  glimpse::VideoProcessorOptions options;
  options.longest_edge = 100352;
  try {
    glimpse::VideoDecoder video({data, data + size}, "fuzz", limits);
    glimpse::VideoBatch batch;
    glimpse::Glm4vVideoProcessor(options).add(video, batch);
  } catch (const glimpse::Error&) {
  }
  return 0;
}
