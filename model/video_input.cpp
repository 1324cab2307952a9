#include "model/video_input.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include "glimpse/core/backend.h"
#include "glimpse/core/error.h"
#include "model/video_size.h"

namespace glimpse {

struct VideoInput::Source {
  std::span<const uint8_t> bytes;
  int64_t at = 0;
  FILE* file = nullptr;
  int64_t size = 0;
  AVIOContext* io = nullptr;

  ~Source() {
    if (io) {
      av_freep(&io->buffer);
      avio_context_free(&io);
    }
    if (file) std::fclose(file);
  }

  static int read(void* user, uint8_t* to, int count) {
    auto& s = *static_cast<Source*>(user);
    const size_t wanted = static_cast<size_t>(count);
    size_t got = 0;
    if (s.file) {
      got = std::fread(to, 1, wanted, s.file);
    } else {
      got = std::min(wanted, s.bytes.size() - static_cast<size_t>(s.at));
      if (got) std::memcpy(to, s.bytes.data() + s.at, got);
      s.at += static_cast<int64_t>(got);
    }
    return got ? static_cast<int>(got) : AVERROR_EOF;
  }

  static int64_t seek(void* user, int64_t offset, int whence) {
    auto& s = *static_cast<Source*>(user);
    if (whence & AVSEEK_SIZE) return s.size;
    const int64_t now = s.file ? ftello(s.file) : s.at;
    const int from = whence & ~AVSEEK_FORCE;
    const int64_t base = from == SEEK_SET ? 0 : from == SEEK_CUR ? now : s.size;
    if (offset < -base || offset > s.size - base) return AVERROR(EINVAL);
    if (s.file && fseeko(s.file, base + offset, SEEK_SET) != 0) return AVERROR(EIO);
    s.at = base + offset;
    return s.at;
  }
};

namespace {

constexpr int kBufferBytes = 1 << 16;
constexpr int64_t kProbeBytes = 8 << 20;

std::string reason(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

// Playlists and reference movies name other files and addresses; a file from outside must not make us open them.
int refuse_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) { return AVERROR(EACCES); }

}  // namespace

VideoInput::VideoInput(std::span<const uint8_t> bytes, const std::string& name, int64_t max_pixels, int threads)
    : name_(name), source_(std::make_unique<Source>()) {
  source_->bytes = bytes;
  source_->size = static_cast<int64_t>(bytes.size());
  open(max_pixels, threads);
}

VideoInput::VideoInput(const std::string& path, int64_t max_pixels, int threads)
    : name_(path), source_(std::make_unique<Source>()) {
  source_->file = std::fopen(path.c_str(), "rb");
  GLIMPSE_CHECK(source_->file, "%s: cannot be opened; check the path and its permissions", path.c_str());
  GLIMPSE_CHECK(fseeko(source_->file, 0, SEEK_END) == 0, "%s: is not a regular file", path.c_str());
  source_->size = ftello(source_->file);
  open(max_pixels, threads);
}

VideoInput::~VideoInput() { close(); }

void VideoInput::close() {
  av_frame_free(&frame_);
  av_packet_free(&packet_);
  avcodec_free_context(&codec_);
  avformat_close_input(&format_);
}

void VideoInput::open(int64_t max_pixels, int threads) try {
  av_log_set_level(AV_LOG_QUIET);  // its messages would land between ours; ours name the file
  GLIMPSE_CHECK(source_->size > 0, "%s: the file is empty (0 bytes)", name_.c_str());
  const auto read = [this](int64_t offset, uint8_t* to, size_t count) -> size_t {
    return Source::seek(source_.get(), offset, SEEK_SET) < 0
               ? 0
               : static_cast<size_t>(std::max(Source::read(source_.get(), to, static_cast<int>(count)), 0));
  };
  const int64_t claimed = missing_end(read, source_->size);
  GLIMPSE_CHECK(claimed == 0, "%s: ends after %lld of the %lld bytes it says it has; it is truncated, fetch it again",
                name_.c_str(), static_cast<long long>(source_->size), static_cast<long long>(claimed));
  Source::seek(source_.get(), 0, SEEK_SET);
  auto* buffer = static_cast<uint8_t*>(av_malloc(kBufferBytes));
  source_->io = avio_alloc_context(buffer, kBufferBytes, 0, source_.get(), Source::read, nullptr, Source::seek);
  format_ = avformat_alloc_context();
  packet_ = av_packet_alloc();
  frame_ = av_frame_alloc();
  GLIMPSE_CHECK(source_->io && format_ && packet_ && frame_, "%s: out of memory", name_.c_str());
  format_->pb = source_->io;
  format_->io_open = refuse_open;
  format_->probesize = kProbeBytes;
  format_->max_analyze_duration = 5 * AV_TIME_BASE;
  GLIMPSE_CHECK(avformat_open_input(&format_, nullptr, nullptr, nullptr) == 0,
                "%s: not a picture or video that can be read, or truncated; convert it to MP4, PNG or JPEG",
                name_.c_str());
  constexpr unsigned kMostStreams = 64;
  GLIMPSE_CHECK(format_->nb_streams <= kMostStreams, "%s: claims %u streams; it is damaged", name_.c_str(),
                format_->nb_streams);
  std::vector<AVDictionary*> limits(format_->nb_streams, nullptr);
  for (AVDictionary*& limit : limits) av_dict_set_int(&limit, "max_pixels", max_pixels, 0);
  const int found = avformat_find_stream_info(format_, limits.data());
  for (AVDictionary*& limit : limits) av_dict_free(&limit);
  GLIMPSE_CHECK(found >= 0, "%s: truncated or damaged; no stream can be read", name_.c_str());
  const AVCodec* decoder = nullptr;
  const int index = av_find_best_stream(format_, AVMEDIA_TYPE_VIDEO, -1, -1, &decoder, 0);
  GLIMPSE_CHECK(index >= 0 && decoder, "%s: has no video stream that can be decoded", name_.c_str());
  stream_ = format_->streams[index];
  const AVCodecParameters& p = *stream_->codecpar;
  GLIMPSE_CHECK(p.width > 0 && p.height > 0, "%s: truncated or damaged; the size of its frames is unknown",
                name_.c_str());
  GLIMPSE_CHECK(p.width <= max_pixels / p.height, "%s: frames of %dx%d pixels are more than the limit of %lld",
                name_.c_str(), p.width, p.height, static_cast<long long>(max_pixels));
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    if (static_cast<int>(i) != index) format_->streams[i]->discard = AVDISCARD_ALL;
  }
  start_decoder(decoder, max_pixels, threads);
} catch (...) {
  close();
  throw;
}

void VideoInput::start_decoder(const AVCodec* decoder, int64_t max_pixels, int threads) {
  codec_ = avcodec_alloc_context3(decoder);
  GLIMPSE_CHECK(codec_ && avcodec_parameters_to_context(codec_, stream_->codecpar) >= 0, "%s: out of memory",
                name_.c_str());
  codec_->max_pixels = max_pixels;
  codec_->pkt_timebase = stream_->time_base;
  // Frames are decoded ahead while the caller works on earlier ones; beyond 16 threads FFmpeg advises against more. The
  // WebP decoder runs another one inside, and with several threads it ends the process on some damaged files.
  constexpr int kMostThreads = 16;
  codec_->thread_count =
      decoder->id == AV_CODEC_ID_WEBP ? 1 : std::min(threads > 0 ? threads : usable_threads(), kMostThreads);
  GLIMPSE_CHECK(avcodec_open2(codec_, decoder, nullptr) == 0, "%s: its codec %s cannot be started", name_.c_str(),
                decoder->name);
}

bool VideoInput::is_picture() const { return std::string_view(format_->iformat->name).ends_with("_pipe"); }

bool VideoInput::read_packet(AVPacket* packet) {
  constexpr int kMostRetries = 1000;
  for (int retries = 0;;) {
    av_packet_unref(packet);
    const int code = av_read_frame(format_, packet);
    if (code == AVERROR_EOF) return false;
    if (code == AVERROR(EAGAIN) && ++retries < kMostRetries) continue;
    GLIMPSE_CHECK(code >= 0, "%s: cannot be read to its end (%s); it is truncated or damaged, fetch it again",
                  name_.c_str(), reason(code).c_str());
    // A packet the file ends in the middle of. Recordings of broadcasts (MPEG-TS) begin and end anywhere.
    const bool cut = packet->flags & AV_PKT_FLAG_CORRUPT && avio_feof(format_->pb);
    GLIMPSE_CHECK(!cut || std::strcmp(format_->iformat->name, "mpegts") == 0,
                  "%s: ends in the middle of a frame; it is truncated, fetch it again", name_.c_str());
    if (packet->stream_index == stream_->index) return true;
  }
}

void VideoInput::rewind() {
  const int64_t start = stream_->start_time == AV_NOPTS_VALUE ? 0 : stream_->start_time;
  const bool sought = av_seek_frame(format_, stream_->index, std::min<int64_t>(start, 0), AVSEEK_FLAG_BACKWARD) >= 0 ||
                      av_seek_frame(format_, -1, 0, AVSEEK_FLAG_BYTE) >= 0;
  GLIMPSE_CHECK(sought, "%s: cannot be read twice; convert it to MP4", name_.c_str());
  avcodec_flush_buffers(codec_);
  draining_ = false;
}

const AVFrame* VideoInput::next_frame() {
  for (;;) {
    const int got = avcodec_receive_frame(codec_, frame_);
    if (got == 0) return frame_;
    if (got != AVERROR(EAGAIN) || draining_) return nullptr;
    draining_ = !read_packet(packet_);
    avcodec_send_packet(codec_, draining_ ? nullptr : packet_);  // a damaged packet yields no frame, later ones may
  }
}

// FFmpeg stores a file's own number in its enum fields, also one that the enum does not have.
template <class Enum> static int number_in(const Enum& field) {
  static_assert(sizeof(Enum) == sizeof(int));
  int number;
  std::memcpy(&number, &field, sizeof number);
  return number;
}

void frame_to_rgb(const AVFrame* frame, int64_t height, int64_t width, int channels, uint8_t* out,
                  const std::string& name) {
  const auto format = static_cast<AVPixelFormat>(frame->format);
  const std::unique_ptr<SwsContext, void (*)(SwsContext*)> scaler(
      sws_getContext(frame->width, frame->height, format, static_cast<int>(width), static_cast<int>(height),
                     channels == 4 ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24,
                     SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT, nullptr, nullptr, nullptr),
      &sws_freeContext);
  GLIMPSE_CHECK(scaler, "%s: its pixel format cannot be converted to RGB; convert it to yuv420p", name.c_str());
  const int* matrix = sws_getCoefficients(number_in(frame->colorspace));  // an unknown number: the default
  const bool full = number_in(frame->color_range) == AVCOL_RANGE_JPEG || format == AV_PIX_FMT_YUVJ420P ||
                    format == AV_PIX_FMT_YUVJ422P || format == AV_PIX_FMT_YUVJ444P;
  sws_setColorspaceDetails(scaler.get(), matrix, full, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
  // swscale writes up to a vector beyond a row's end: rows are padded here and copied tight.
  const int stride = static_cast<int>((width * channels + 63) / 64 * 64);
  std::vector<uint8_t> padded(static_cast<size_t>(stride) * static_cast<size_t>(height) + 64);
  uint8_t* planes[4] = {padded.data()};
  const int strides[4] = {stride};
  GLIMPSE_CHECK(sws_scale(scaler.get(), frame->data, frame->linesize, 0, frame->height, planes, strides) > 0,
                "%s: a frame could not be converted to RGB", name.c_str());
  for (int64_t y = 0; y < height; ++y) {
    std::memcpy(out + y * width * channels, padded.data() + y * stride, static_cast<size_t>(width * channels));
  }
}

}  // namespace glimpse
