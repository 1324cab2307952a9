// Which frames of a video the model sees, and the seconds written after them (spec 4.2, 4.4).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "model/video.h"

namespace glimpse {

enum class ShortClips {
  kReference,  // a clip shorter than 1 / fps yields no frame (4.57)
  kOneFrame,   // yields its first frame, doubled (5.x)
};

// Indices of the frames taken at `fps` per second, at most fps * max_duration of them; an even count. Throws Error if
// metadata.fps is missing or a number is not positive.
std::vector<int64_t> sample_frames(const VideoMetadata& metadata, double fps = 2, double max_duration = 300,
                                   ShortClips short_clips = ShortClips::kOneFrame);

// Whole seconds of the first frame of each of `grid_t` temporal patches, cut or padded with the last. A missing fps
// counts as 24, as in the reference. Throws Error for metadata without frames_indices, with an fps that is not
// positive, or a frame that lies beyond any video.
std::vector<int64_t> frame_seconds(const VideoMetadata& metadata, int64_t grid_t);

}  // namespace glimpse
