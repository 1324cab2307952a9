// Videos: what the container says, and the frames asked for, decoded once and in order (spec 4.1).
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/fetch.h"
#include "model/image.h"
#include "model/video_input.h"

namespace glimpse {

// The reference's VideoMetadata. Sizes are those of a frame as shown, after rotation.
struct VideoMetadata {
  int64_t total_num_frames = 0;
  std::optional<double> fps;       // container's average frames per second
  std::optional<double> duration;  // seconds, first frame's start to last frame's end
  int64_t width = 0;
  int64_t height = 0;
  std::string video_backend;
  std::vector<int64_t> frames_indices;  // the frames taken, ascending, repeats allowed
};

struct VideoLimits {
  int64_t max_pixels = int64_t{1} << 26;   // of one frame
  int64_t max_frames = int64_t{1} << 20;
  int threads = 0;                         // that decode; 0: all this process may use
  FetchOptions fetch{int64_t{1} << 30, 10, 600, 5};  // of a URL or standard input, which is held in memory
};

class VideoDecoder {
 public:
  // A path, an http(s) URL, a data: URI or "-". Throws Error with one sentence: unreachable, not a video, truncated, no
  // video stream, no frames, absurd dimensions.
  explicit VideoDecoder(const std::string& source, const VideoLimits& limits = {});
  VideoDecoder(std::vector<uint8_t> bytes, const std::string& name, const VideoLimits& limits = {});

  const VideoMetadata& metadata() const { return metadata_; }
  const std::string& name() const { return input_->name(); }

  // Hands frame indices[i] (ascending, repeats allowed, each below total_num_frames) to `take` as take(i, frame),
  // decoding no further than the last. A frame the file lost is replaced by the next one there is, or the last. Throws
  // Error if none.
  void frames(std::span<const int64_t> indices, const std::function<void(size_t, const Image&)>& take);

 private:
  void scan(const VideoLimits& limits);
  Image to_image(const AVFrame* frame) const;

  std::vector<uint8_t> bytes_;
  std::unique_ptr<VideoInput> input_;
  VideoMetadata metadata_;
  std::vector<int64_t>
      times_;  // presentation time of each frame; empty if the container has none: then frames are counted
  int orientation_ = 1;
};

}  // namespace glimpse
