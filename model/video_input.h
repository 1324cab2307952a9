// A media file opened through FFmpeg with our own reader: nothing but the given bytes or file is ever opened.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/image.h"

// FFmpeg's own; whoever looks inside includes its headers. Those who include this one need not have them.
struct AVCodec;
struct AVCodecContext;
struct AVFormatContext;
struct AVFrame;
struct AVPacket;
struct AVStream;

namespace glimpse {

// One media file, its first (best) video stream and a decoder for it. Throws Error: not media, shorter than it says,
// no video stream, unknown codec, absurd dimensions.
class VideoInput {
 public:
  // The bytes must outlive the object. max_pixels bounds a frame before it is allocated. threads decode; 0: all this
  // process may use.
  VideoInput(std::span<const uint8_t> bytes, const std::string& name, int64_t max_pixels, int threads);
  VideoInput(const std::string& path, int64_t max_pixels, int threads);
  ~VideoInput();
  VideoInput(const VideoInput&) = delete;
  VideoInput& operator=(const VideoInput&) = delete;

  // Next packet of the video stream in file order; false at the end. Throws Error where the file breaks off or cannot
  // be followed to its end.
  bool read_packet(AVPacket* packet);
  // Back to the first packet.
  void rewind();
  // Next frame in order of presentation; nullptr at the end. Damaged packets are skipped. Valid until the next call.
  const AVFrame* next_frame();

  const AVStream& stream() const { return *stream_; }
  const std::string& name() const { return name_; }
  // One of FFmpeg's readers of single pictures (png_pipe, ...).
  bool is_picture() const;

 private:
  struct Source;
  void open(int64_t max_pixels, int threads);
  void start_decoder(const AVCodec* decoder, int64_t max_pixels, int threads);
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
