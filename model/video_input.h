// A media file opened through FFmpeg with our own reader: nothing but the given bytes or file is ever opened.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
}

#include "model/image.h"

namespace glimpse {

// One media file, its first (best) video stream and a decoder for it. Throws Error: not media, no video stream, unknown
// codec, absurd dimensions.
class VideoInput {
 public:
  // The bytes must outlive the object. max_pixels bounds a frame before it is allocated.
  VideoInput(std::span<const uint8_t> bytes, const std::string& name, int64_t max_pixels);
  VideoInput(const std::string& path, int64_t max_pixels);
  ~VideoInput();
  VideoInput(const VideoInput&) = delete;
  VideoInput& operator=(const VideoInput&) = delete;

  // Next packet of the video stream in file order; false at the end.
  bool read_packet(AVPacket* packet);
  // Back to the first packet.
  void rewind();
  // Next frame in order of presentation; nullptr at the end. Damaged packets are skipped. Valid until the next call.
  const AVFrame* next_frame();

  const AVStream& stream() const { return *stream_; }
  const std::string& name() const { return name_; }

 private:
  struct Source;
  void open(int64_t max_pixels);
  void close();

  std::string name_;
  std::unique_ptr<Source> source_;
  AVFormatContext* format_ = nullptr;
  AVCodecContext* codec_ = nullptr;
  AVStream* stream_ = nullptr;
  AVPacket* packet_ = nullptr;
  AVFrame* frame_ = nullptr;
  bool draining_ = false;
};

// A frame as RGB (4 channels: RGBA) of `height` x `width`, through swscale with exact rounding, in the frame's own
// matrix and range. out: [height, width, channels].
void frame_to_rgb(const AVFrame* frame, int64_t height, int64_t width, int channels, uint8_t* out,
                  const std::string& name);

}  // namespace glimpse
