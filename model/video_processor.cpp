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
    const Image resized = same ? Image{} : resize_bicubic(frame, size_.height, size_.width,
                                                          ResizeArithmetic::kTorchvision, PassOrder::kPillow13,
                                                          options_.threads);
    const int64_t temporal = options_.shape.temporal, slot = index % temporal;
    const int64_t slots = index + 1 == frames_ ? temporal - slot : 1;
    place_frame((same ? frame : resized).pixels.data(), size_.height, size_.width, index / temporal, slot, slots,
                options_.shape, batch_.patches.data() + old_, options_.threads);
  }

  void finish() {
    batch_.grid_thw.push_back(grid_);
    batch_.table = normalise_table(options_.normalise);
    if (!options_.want_pixel_values) return;
    batch_.pixel_values.resize(batch_.patches.size());
    apply_table(std::span(batch_.patches).subspan(old_), options_.shape, batch_.table,
                batch_.pixel_values.data() + old_, options_.threads);
  }

 private:
  const VideoProcessorOptions& options_;
  int64_t frames_;
  PixelSize size_;
  PixelBatch& batch_;
  size_t old_;
  std::array<int64_t, 3> grid_;
};

std::vector<int64_t> counted(int64_t frames) {
  std::vector<int64_t> all(static_cast<size_t>(frames));
  std::iota(all.begin(), all.end(), int64_t{0});
  return all;
}

// The metadata of frames in memory, completed. Throws Error where it contradicts the frames.
VideoMetadata checked_metadata(const VideoFrames& video, bool sample) {
  VideoMetadata m = video.metadata;
  const int64_t count = static_cast<int64_t>(video.frames.size());
  GLIMPSE_CHECK(count > 0, "a video in memory has no frames (0); give at least 2");
  m.height = video.frames[0].height;
  m.width = video.frames[0].width;
  for (const Image& frame : video.frames) {
    GLIMPSE_CHECK(frame.height == m.height && frame.width == m.width &&
                      static_cast<int64_t>(frame.pixels.size()) == frame.height * frame.width * 3,
                  "a video in memory: all frames must have the same size");
  }
  if (m.total_num_frames == 0) m.total_num_frames = count;
  GLIMPSE_CHECK(!sample || m.total_num_frames == count,
                "a video in memory: metadata says %lld frames, %lld are given; for frames that are sampled already set "
                "do_sample_frames to false", static_cast<long long>(m.total_num_frames), static_cast<long long>(count));
  if (sample) return m;
  if (m.frames_indices.empty()) m.frames_indices = counted(count);
  GLIMPSE_CHECK(static_cast<int64_t>(m.frames_indices.size()) == count,
                "a video in memory: metadata.frames_indices names %zu frames, %lld are given; name each",
                m.frames_indices.size(), static_cast<long long>(count));
  return m;
}

}  // namespace

VideoFrames Glm4vVideoProcessor::from_array(std::span<const uint8_t> values,
                                            const std::array<int64_t, 4>& shape) const {
  GLIMPSE_CHECK(shape[0] > 0 && values.size() % static_cast<size_t>(shape[0]) == 0,
                "video array of %lld frames: the number of values does not fit", static_cast<long long>(shape[0]));
  VideoFrames video;
  const size_t stride = values.size() / static_cast<size_t>(shape[0]);
  for (size_t t = 0; t < static_cast<size_t>(shape[0]); ++t) {
    video.frames.push_back(image_from_array(values.subspan(t * stride, stride), {shape[1], shape[2], shape[3]},
                                            options_.input_data_format));
  }
  return video;
}

void append(const VideoBatch& more, VideoBatch& batch) {
  const auto add = [](const auto& from, auto& to) { to.insert(to.end(), from.begin(), from.end()); };
  const PixelBatch& from = more.pixels;
  PixelBatch& to = batch.pixels;
  GLIMPSE_CHECK(to.rows == 0 || (to.columns == from.columns && to.table == from.table &&
                                 to.pixel_values.empty() == from.pixel_values.empty()),
                "videos that were preprocessed with different options cannot share a batch; preprocess them again");
  to.rows += from.rows;
  to.columns = from.columns;
  to.table = from.table;
  add(from.patches, to.patches);
  add(from.pixel_values, to.pixel_values);
  add(from.grid_thw, to.grid_thw);
  add(more.metadata, batch.metadata);
}

std::vector<int64_t> Glm4vVideoProcessor::choose_frames(const VideoMetadata& metadata) const {
  if (!options_.do_sample_frames) return counted(metadata.total_num_frames);
  return sample_frames(metadata, options_.fps, options_.max_duration, options_.short_clips);
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
  const bool sample = options_.do_sample_frames;
  VideoMetadata metadata = checked_metadata(video, sample);
  const std::vector<int64_t> chosen =
      sample ? choose_frames(metadata) : counted(static_cast<int64_t>(video.frames.size()));
  if (sample) metadata.frames_indices = chosen;
  const int64_t count = static_cast<int64_t>(chosen.size());
  GLIMPSE_CHECK(count > 0, "a video in memory: no frame was sampled; the clip is shorter than 1/fps");
  VideoPatches patches(options_, count, target_size(count, metadata.height, metadata.width), batch.pixels);
  for (int64_t i = 0; i < count; ++i) {
    patches.place(i, video.frames[static_cast<size_t>(chosen[static_cast<size_t>(i)])]);
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
