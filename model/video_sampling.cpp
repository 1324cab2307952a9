#include "model/video_sampling.h"

#include <algorithm>
#include <cmath>

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

constexpr int64_t kMostFrames = int64_t{1} << 20;

// The frame shown at frame number `at`, rounded up and kept below `total`; `at` may exceed any integer.
int64_t frame_at(double at, int64_t total) {
  const double up = std::ceil(at);
  return up < static_cast<double>(total - 1) ? static_cast<int64_t>(up) : total - 1;
}

// numpy's linspace(0, duration, count), whose single point is 0, as frame numbers.
std::vector<int64_t> uniform_over_time(int64_t count, double rate, double duration, int64_t total) {
  std::vector<int64_t> indices;
  const double step = duration / static_cast<double>(std::max<int64_t>(count - 1, 1));
  for (int64_t i = 0; i < std::min(count, total); ++i) {
    const double time = i > 0 && i == count - 1 ? duration : static_cast<double>(i) * step;
    indices.push_back(count >= total ? i : frame_at(time * rate, total));
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
  int64_t count = static_cast<int64_t>(std::floor(std::min(duration, max_duration) * fps));
  if (short_clips == ShortClips::kOneFrame) count = std::max<int64_t>(count, 1);
  if (duration <= max_duration) {
    for (int64_t i = 0; i < count; ++i) indices.push_back(frame_at(static_cast<double>(i) * rate / fps, total));
  } else {
    indices = uniform_over_time(count, rate, duration, total);
  }
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());  // ascending, so repeats are neighbours
  if (indices.size() % 2) indices.push_back(indices.back());
  return indices;
}

std::vector<int64_t> frame_seconds(const VideoMetadata& metadata, int64_t grid_t) {
  constexpr double kUnknownRate = 24;
  const double rate = metadata.fps.value_or(kUnknownRate);
  GLIMPSE_CHECK(rate > 0 && std::isfinite(rate), "the video's frame rate is %g; fps must be a positive number", rate);
  GLIMPSE_CHECK(!metadata.frames_indices.empty() && grid_t >= 1,
                "the video's metadata names no frame; give frames_indices for the frames taken");
  constexpr double kMostSeconds = 1e9;  // 30 years
  std::vector<int64_t> seconds;
  for (size_t i = 0; i < metadata.frames_indices.size() && static_cast<int64_t>(seconds.size()) < grid_t; i += 2) {
    const double time = static_cast<double>(metadata.frames_indices[i]) / rate;
    GLIMPSE_CHECK(time >= 0 && time < kMostSeconds,
                  "frame %lld of the video at %g frames per second would be %g seconds from its start; correct fps or "
                  "frames_indices", static_cast<long long>(metadata.frames_indices[i]), rate, time);
    seconds.push_back(static_cast<int64_t>(time));
  }
  seconds.resize(static_cast<size_t>(grid_t), seconds.back());
  return seconds;
}

}  // namespace glimpse
