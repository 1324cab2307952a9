#include "model/video_processor.h"

#include <numeric>

#include "glimpse/core/error.h"
#include "model/image_array.h"
#include "model/resize.h"
#include "model/video_queue.h"

namespace glimpse {
namespace {

// The patches of one video, filled frame by frame at the end of a batch.
class VideoPatches {
 public:
  VideoPatches(const VideoProcessorOptions& options, int64_t frames, const PixelSize& size, PixelBatch& batch)
      : options_(options), frames_(frames), size_(size), batch_(batch), old_(batch.patches.size()) {
    const PatchShape& s = options.shape;
    grid_ = {(frames + s.temporal - 1) / s.temporal, size.height / s.patch, size.width / s.patch};
    const int64_t rows = grid_[0] * grid_[1] * grid_[2];
    batch_.columns = s.columns();
    batch_.rows += rows;
    batch_.patches.resize(old_ + static_cast<size_t>(rows * s.columns()));
  }

  // The last frame also fills the slots that are left of its temporal patch.
  void place(int64_t index, const Image& frame) {
    const bool same = frame.height == size_.height && frame.width == size_.width;
    const Image resized =
        same ? Image{} : resize_bicubic(frame, size_.height, size_.width, ResizeArithmetic::kTorchvision);
    const int64_t temporal = options_.shape.temporal, slot = index % temporal;
    const int64_t slots = index + 1 == frames_ ? temporal - slot : 1;
    place_frame((same ? frame : resized).pixels.data(), size_.height, size_.width, index / temporal, slot, slots,
                options_.shape, batch_.patches.data() + old_);
  }

  void finish() {
    batch_.grid_thw.push_back(grid_);
    batch_.table = normalise_table(options_.normalise);
    if (!options_.want_pixel_values) return;
    batch_.pixel_values.resize(batch_.patches.size());
    apply_table(std::span(batch_.patches).subspan(old_), options_.shape, batch_.table,
                batch_.pixel_values.data() + old_);
  }

 private:
  const VideoProcessorOptions& options_;
  int64_t frames_;
  PixelSize size_;
  PixelBatch& batch_;
  size_t old_;
  std::array<int64_t, 3> grid_;
};

}  // namespace

VideoFrames frames_from_array(std::span<const uint8_t> values, const std::array<int64_t, 4>& shape) {
  GLIMPSE_CHECK(shape[0] > 0 && values.size() % static_cast<size_t>(shape[0]) == 0,
                "video array of %lld frames: the number of values does not fit", static_cast<long long>(shape[0]));
  VideoFrames video;
  const size_t stride = values.size() / static_cast<size_t>(shape[0]);
  for (size_t t = 0; t < static_cast<size_t>(shape[0]); ++t) {
    video.frames.push_back(image_from_array(values.subspan(t * stride, stride), {shape[1], shape[2], shape[3]}));
  }
  return video;
}

std::vector<int64_t> Glm4vVideoProcessor::choose_frames(const VideoMetadata& metadata) const {
  if (options_.do_sample_frames) {
    return sample_frames(metadata, options_.fps, options_.max_duration, options_.short_clips);
  }
  std::vector<int64_t> all(static_cast<size_t>(metadata.total_num_frames));
  std::iota(all.begin(), all.end(), int64_t{0});
  return all;
}

PixelSize Glm4vVideoProcessor::target_size(int64_t frames, int64_t height, int64_t width) const {
  const PatchShape& s = options_.shape;
  const int64_t factor = s.patch * s.merge;
  if (options_.do_resize) {
    return smart_resize(frames, height, width,
                        {s.temporal, factor, options_.shortest_edge, options_.longest_edge, options_.small});
  }
  GLIMPSE_CHECK(height % factor == 0 && width % factor == 0,
                "%lldx%lld pixels: without do_resize each side must be a multiple of %lld",
                static_cast<long long>(width), static_cast<long long>(height), static_cast<long long>(factor));
  return {height, width};
}

void Glm4vVideoProcessor::add(VideoDecoder& video, VideoBatch& batch) const {
  VideoMetadata metadata = video.metadata();
  metadata.frames_indices = choose_frames(metadata);
  const int64_t count = static_cast<int64_t>(metadata.frames_indices.size());
  GLIMPSE_CHECK(count > 0, "%s: no frame was sampled; the clip is shorter than 1/fps", video.name().c_str());
  PixelSize size{};
  try {
    size = target_size(count, metadata.height, metadata.width);
  } catch (const Error& error) {
    GLIMPSE_FAIL("%s: %s", video.name().c_str(), error.what());
  }
  VideoPatches patches(options_, count, size, batch.pixels);
  decode_ahead(video, metadata.frames_indices, [&](size_t i, const Image& frame) {
    patches.place(static_cast<int64_t>(i), frame);
  });
  patches.finish();
  batch.metadata.push_back(std::move(metadata));
}

void Glm4vVideoProcessor::add(const VideoFrames& video, VideoBatch& batch) const {
  GLIMPSE_CHECK(!video.frames.empty(), "a video in memory has no frames (0); give at least 2");
  VideoMetadata metadata = video.metadata;
  metadata.total_num_frames = static_cast<int64_t>(video.frames.size());
  metadata.height = video.frames[0].height;
  metadata.width = video.frames[0].width;
  for (const Image& frame : video.frames) {
    GLIMPSE_CHECK(frame.height == metadata.height && frame.width == metadata.width &&
                      static_cast<int64_t>(frame.pixels.size()) == frame.height * frame.width * 3,
                  "a video in memory: all frames must have the same size");
  }
  metadata.frames_indices = choose_frames(metadata);
  const int64_t count = static_cast<int64_t>(metadata.frames_indices.size());
  GLIMPSE_CHECK(count > 0, "a video in memory: no frame was sampled; the clip is shorter than 1/fps");
  VideoPatches patches(options_, count, target_size(count, metadata.height, metadata.width), batch.pixels);
  for (int64_t i = 0; i < count; ++i) {
    patches.place(i, video.frames[static_cast<size_t>(metadata.frames_indices[static_cast<size_t>(i)])]);
  }
  patches.finish();
  batch.metadata.push_back(std::move(metadata));
}

VideoBatch Glm4vVideoProcessor::preprocess(std::span<const std::string> sources, const VideoLimits& limits) const {
  VideoBatch batch;
  for (const std::string& source : sources) {
    VideoDecoder video(source, limits);
    add(video, batch);
  }
  return batch;
}

VideoBatch Glm4vVideoProcessor::preprocess(std::span<const VideoFrames> videos) const {
  VideoBatch batch;
  for (const VideoFrames& video : videos) add(video, batch);
  return batch;
}

int64_t Glm4vVideoProcessor::get_number_of_video_patches(int64_t frames, int64_t height, int64_t width) const {
  const PatchShape& s = options_.shape;
  const PixelSize size = target_size(frames, height, width);
  return (frames + s.temporal - 1) / s.temporal * (size.height / s.patch) * (size.width / s.patch);
}

}  // namespace glimpse
