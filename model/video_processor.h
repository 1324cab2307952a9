// Glm4vVideoProcessor: videos to patches (spec 4, 13.4).
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/image_array.h"
#include "model/image_patches.h"
#include "model/json.h"
#include "model/resize_target.h"
#include "model/video.h"
#include "model/video_sampling.h"

namespace glimpse {

struct VideoProcessorOptions {
  bool do_resize = true;
  int64_t shortest_edge = 112 * 112;           // size.shortest_edge: fewest pixels over all frames
  int64_t longest_edge = 28 * 28 * 2 * 30000;  // size.longest_edge: most pixels over all frames
  Normalise normalise{.arithmetic = NormaliseArithmetic::kTorch};
  PatchShape shape;
  bool do_sample_frames = true;
  double fps = 2;
  double max_duration = 300;  // seconds sampled at fps; longer videos are sampled evenly
  ShortClips short_clips = ShortClips::kOneFrame;
  SmallPictures small = SmallPictures::kRefuse;
  bool want_pixel_values = true;
  ChannelLayout input_data_format = ChannelLayout::kInfer;  // of the arrays given to from_array
  int threads = 0;                                          // of the resizing; 0: all this process may use
};

// Fields of video_preprocessor_config.json (or of "video_processor"); unknown keys and nulls are ignored.
VideoProcessorOptions video_processor_options(const JsonObject& config);

// Keywords of a preprocess() call. Every keyword of spec 13.4 but video_metadata (an argument of its own in C++) is
// taken or refused by its name; any other name is an error.
VideoProcessorOptions with_video_keywords(VideoProcessorOptions options, const Json& keywords);

// Frames in memory, all of one size: [T, H, W, 3]. Metadata without fps allows no sampling. Frames that were sampled
// already, and are not sampled again (do_sample_frames), say in metadata.frames_indices which they are; without it they
// are the first T.
struct VideoFrames {
  std::vector<Image> frames;
  VideoMetadata metadata;
};

struct VideoBatch {
  PixelBatch pixels;                    // pixel_values_videos, video_grid_thw
  std::vector<VideoMetadata> metadata;  // with frames_indices of the frames taken
};

// Puts the videos of `more`, preprocessed with the same options, behind those of `batch`.
void append(const VideoBatch& more, VideoBatch& batch);

class Glm4vVideoProcessor {
 public:
  explicit Glm4vVideoProcessor(const VideoProcessorOptions& options = {}) : options_(options) {}

  // Videos from paths, URLs or "-". Frames are resized while later ones are being decoded.
  VideoBatch preprocess(std::span<const std::string> sources, const VideoLimits& limits = {}) const;
  // Videos in memory.
  VideoBatch preprocess(std::span<const VideoFrames> videos) const;
  // Frames of an 8-bit array [T, H, W, 3] or [T, 3, H, W], laid out as input_data_format says.
  VideoFrames from_array(std::span<const uint8_t> values, const std::array<int64_t, 4>& shape) const;
  // One opened video, appended to `batch`.
  void add(VideoDecoder& video, VideoBatch& batch) const;
  void add(const VideoFrames& video, VideoBatch& batch) const;

  // Patches of a video of this many sampled frames: ceil(T / temporal_patch_size) * gh * gw.
  int64_t get_number_of_video_patches(int64_t frames, int64_t height, int64_t width) const;

  const VideoProcessorOptions& options() const { return options_; }

 private:
  std::vector<int64_t> choose_frames(const VideoMetadata& metadata) const;
  PixelSize target_size(int64_t frames, int64_t height, int64_t width) const;

  VideoProcessorOptions options_;
};

}  // namespace glimpse
