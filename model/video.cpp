#include "model/video.h"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
}

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

bool is_plain_file(const std::string& source) {
  struct stat info {};
  return source != "-" && !is_http_url(source) && stat(source.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// The EXIF orientation that shows a frame as the container's display matrix asks (quarter turns; others are ignored).
int display_orientation(const AVStream& stream) {
  size_t size = 0;
  const uint8_t* matrix = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (!matrix || size < 9 * sizeof(int32_t)) return 1;
  const double angle = av_display_rotation_get(reinterpret_cast<const int32_t*>(matrix));  // counter-clockwise
  if (std::isnan(angle)) return 1;
  switch ((static_cast<int>(std::lround(angle / 90)) % 4 + 4) % 4) {
    case 1: return 8;
    case 2: return 3;
    case 3: return 6;
    default: return 1;
  }
}

}  // namespace

VideoDecoder::VideoDecoder(const std::string& source, const VideoLimits& limits) {
  if (is_plain_file(source)) {
    input_ = std::make_unique<VideoInput>(source, limits.max_pixels, limits.threads);
  } else {
    bytes_ = fetch(source, limits.fetch);
    input_ = std::make_unique<VideoInput>(bytes_, source_name(source), limits.max_pixels, limits.threads);
  }
  scan(limits);
}

VideoDecoder::VideoDecoder(std::vector<uint8_t> bytes, const std::string& name, const VideoLimits& limits)
    : bytes_(std::move(bytes)), input_(std::make_unique<VideoInput>(bytes_, name, limits.max_pixels, limits.threads)) {
  scan(limits);
}

// Reads every packet without decoding: the exact number, order and times of the frames.
void VideoDecoder::scan(const VideoLimits& limits) {
  GLIMPSE_CHECK(!input_->is_picture(), "%s: is a picture, not a video; give it as a picture (--image)", name().c_str());
  const AVStream& stream = input_->stream();
  const std::unique_ptr<AVPacket, void (*)(AVPacket*)> packet(av_packet_alloc(),
                                                              [](AVPacket* p) { av_packet_free(&p); });
  GLIMPSE_CHECK(packet, "%s: out of memory", name().c_str());
  int64_t count = 0, end = 0;
  bool timed = true;
  while (input_->read_packet(packet.get())) {
    if (packet->flags & AV_PKT_FLAG_DISCARD) continue;
    GLIMPSE_CHECK(++count <= limits.max_frames, "%s: more than %lld frames; cut the video", name().c_str(),
                  static_cast<long long>(limits.max_frames));
    const int64_t time = packet->pts;
    timed = timed && time != AV_NOPTS_VALUE && time > INT64_MIN / 4 && time < INT64_MAX / 4;
    if (!timed) continue;
    end = times_.empty() ? time : std::max(end, time);
    end = std::max(end, time + std::clamp<int64_t>(packet->duration, 0, INT32_MAX));
    times_.push_back(time);
  }
  GLIMPSE_CHECK(count > 0, "%s: has no frames (0); it is truncated or empty", name().c_str());
  if (!timed) times_.clear();
  std::sort(times_.begin(), times_.end());
  const double tick = av_q2d(stream.time_base);
  const int64_t first = times_.empty() ? 0 : times_.front();
  if (timed && end > first) {
    metadata_.duration = static_cast<double>(end) * tick - static_cast<double>(first) * tick;
  } else if (stream.duration > 0) {
    metadata_.duration = static_cast<double>(stream.duration) * tick;
  }
  if (stream.avg_frame_rate.num > 0 && stream.avg_frame_rate.den > 0) {
    metadata_.fps = av_q2d(stream.avg_frame_rate);
  } else if (metadata_.duration && *metadata_.duration > 0) {
    metadata_.fps = static_cast<double>(count) / *metadata_.duration;
  }
  orientation_ = display_orientation(stream);
  metadata_.total_num_frames = count;
  metadata_.width = stream.codecpar->width;
  metadata_.height = stream.codecpar->height;
  if (orientation_ >= 5) std::swap(metadata_.width, metadata_.height);
  metadata_.video_backend = "ffmpeg";
  input_->rewind();
}

Image VideoDecoder::to_image(const AVFrame* frame) const {
  // Should the size change in mid-stream, frames are scaled to the size the stream began with.
  const int64_t height = input_->stream().codecpar->height, width = input_->stream().codecpar->width;
  Image image{height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3))};
  frame_to_rgb(frame, height, width, 3, image.pixels.data(), name());
  return orient_image(std::move(image), orientation_);
}

void VideoDecoder::frames(std::span<const int64_t> indices, const std::function<void(size_t, const Image&)>& take) {
  for (size_t i = 0; i < indices.size(); ++i) {
    GLIMPSE_CHECK(indices[i] >= (i ? indices[i - 1] : 0) && indices[i] < metadata_.total_num_frames,
                  "%s: frame %lld is not among its %lld frames in ascending order", name().c_str(),
                  static_cast<long long>(indices[i]), static_cast<long long>(metadata_.total_num_frames));
  }
  input_->rewind();
  // The last frame decoded is kept undisplayed (a reference, not a copy): it stands in for frames lost at the end.
  const std::unique_ptr<AVFrame, void (*)(AVFrame*)> last(av_frame_alloc(), [](AVFrame* f) { av_frame_free(&f); });
  GLIMPSE_CHECK(last, "%s: out of memory", name().c_str());
  size_t next = 0;
  for (int64_t number = 0; next < indices.size(); ++number) {
    const AVFrame* frame = input_->next_frame();
    if (!frame) break;
    av_frame_unref(last.get());
    GLIMPSE_CHECK(av_frame_ref(last.get(), frame) == 0, "%s: out of memory", name().c_str());
    const bool timed = !times_.empty() && frame->best_effort_timestamp != AV_NOPTS_VALUE;
    const auto due = [&] {
      if (next == indices.size()) return false;
      const int64_t wanted = indices[next];
      return timed ? frame->best_effort_timestamp >= times_[static_cast<size_t>(wanted)] : number >= wanted;
    };
    if (!due()) continue;
    const Image image = to_image(frame);
    while (due()) take(next++, image);
  }
  if (next == indices.size()) return;
  GLIMPSE_CHECK(last->width > 0, "%s: no frame could be decoded; it is truncated or damaged", name().c_str());
  const Image image = to_image(last.get());
  while (next < indices.size()) take(next++, image);
}

}  // namespace glimpse
