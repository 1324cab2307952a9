// Decoding on one thread while another works on the frames.
#pragma once
#include <cstdint>
#include <functional>
#include <span>

#include "model/video.h"

namespace glimpse {

// video.frames(indices, take), with `take` running on the calling thread while later frames are decoded on another. At
// most kQueuedFrames frames wait. An Error of either side ends both and is thrown here.
inline constexpr size_t kQueuedFrames = 4;
void decode_ahead(VideoDecoder& video, std::span<const int64_t> indices,
                  const std::function<void(size_t, const Image&)>& take);

}  // namespace glimpse
