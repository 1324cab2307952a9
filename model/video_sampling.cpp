#include "model/video_sampling.h"

#include <algorithm>
#include <cmath>

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

constexpr int64_t kMostFrames = int64_t{1} << 20;

std::vector<int64_t> uniform_over_time(int64_t count, double rate, double duration, int64_t total) {
  std::vector<int64_t> indices;
  const double step = duration / static_cast<double>(count - 1);
  for (int64_t i = 0; i < std::min(count, total); ++i) {
    const double time = i == count - 1 ? duration : static_cast<double>(i) * step;
    indices.push_back(count >= total ? i : std::min(total - 1, static_cast<int64_t>(std::ceil(time * rate))));
  }
  return indices;
}

}  // namespace

std::vector<int64_t> sample_frames(const VideoMetadata& metadata, double fps, double max_duration,
                                   ShortClips short_clips) {
  GLIMPSE_CHECK(metadata.fps && std::isfinite(*metadata.fps) && *metadata.fps > 0,
                "the video has no frame rate: give video_metadata with fps, or do_sample_frames false");
  GLIMPSE_CHECK(std::isfinite(fps) && fps > 0 && std::isfinite(max_duration) && max_duration > 0,
                "fps and max_duration must be positive");
  const int64_t total = metadata.total_num_frames;
  GLIMPSE_CHECK(total > 0 && total <= kMostFrames, "a video of %lld frames cannot be sampled",
                static_cast<long long>(total));
  const double rate = *metadata.fps, given = metadata.duration.value_or(0);
  const double duration = given != 0 ? given : std::nearbyint(static_cast<double>(total - 1) / rate) + 1;
  GLIMPSE_CHECK(std::isfinite(duration) && duration > 0 && std::min(duration, max_duration) * fps < kMostFrames,
                "sampling %g s at %g frames per second is too much; lower fps", duration, fps);
  std::vector<int64_t> indices;
  if (duration <= max_duration) {
    int64_t count = static_cast<int64_t>(std::floor(duration * fps));
    if (short_clips == ShortClips::kOneFrame) count = std::max<int64_t>(count, 1);
    for (int64_t i = 0; i < count; ++i) {
      const double at = std::ceil(static_cast<double>(i) * rate / fps);
      indices.push_back(at < static_cast<double>(total - 1) ? static_cast<int64_t>(at) : total - 1);
    }
  } else {
    indices = uniform_over_time(std::max<int64_t>(static_cast<int64_t>(max_duration * fps), 2), rate, duration, total);
  }
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());  // ascending, so repeats are neighbours
  if (indices.size() % 2) indices.push_back(indices.back());
  return indices;
}

std::vector<int64_t> frame_seconds(const VideoMetadata& metadata, int64_t grid_t) {
  constexpr double kUnknownRate = 24;
  const double rate = metadata.fps.value_or(kUnknownRate);
  GLIMPSE_CHECK(rate > 0, "the video's frame rate must be positive");
  std::vector<int64_t> seconds;
  for (size_t i = 0; i < metadata.frames_indices.size() && static_cast<int64_t>(seconds.size()) < grid_t; i += 2) {
    seconds.push_back(static_cast<int64_t>(static_cast<double>(metadata.frames_indices[i]) / rate));
  }
  seconds.resize(static_cast<size_t>(grid_t), seconds.empty() ? 0 : seconds.back());
  return seconds;
}

}  // namespace glimpse
