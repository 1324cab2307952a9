// Small videos made on the spot with FFmpeg's own encoders: any container, any codec, frames at any times.
#pragma once
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "glimpse/core/error.h"

namespace glimpse {

struct MadeVideo {
  const char* container;
  const char* codec;
  AVPixelFormat format = AV_PIX_FMT_YUV420P;
};

constexpr int kMadeWidth = 64, kMadeHeight = 48, kMadeRate = 90000;  // ticks a second

// Luma of frame i, far enough from its neighbours' for any codec; and the grey it is shown as.
inline int made_luma(size_t i) { return 30 + 15 * int(i); }
inline double made_grey(const MadeVideo& made, size_t i) {
  return made.format == AV_PIX_FMT_YUVJ420P ? made_luma(i) : (made_luma(i) - 16) * 255.0 / 219.0;  // full range, or not
}

// Frame i is one grey and is shown at times[i] (ticks, ascending), the last as long as the one before it.
inline std::vector<uint8_t> make_video(const MadeVideo& made, const std::vector<int64_t>& times) {
  const auto check = [&](int code) { GLIMPSE_CHECK(code >= 0, "%s in %s: %d", made.codec, made.container, code); };
  const AVCodec* encoder = avcodec_find_encoder_by_name(made.codec);
  GLIMPSE_CHECK(encoder, "FFmpeg has no encoder %s", made.codec);
  AVFormatContext* muxer = nullptr;
  check(avformat_alloc_output_context2(&muxer, nullptr, made.container, nullptr));
  const std::unique_ptr<AVFormatContext, void (*)(AVFormatContext*)> owned_muxer(muxer, avformat_free_context);
  const std::unique_ptr<AVCodecContext, void (*)(AVCodecContext*)> codec(
      avcodec_alloc_context3(encoder), [](AVCodecContext* c) { avcodec_free_context(&c); });
  codec->width = kMadeWidth, codec->height = kMadeHeight, codec->pix_fmt = made.format;
  const int64_t step = times.at(1) - times[0];
  bool regular = true;
  for (size_t i = 2; i < times.size(); ++i) regular = regular && times[i] - times[i - 1] == step;
  AVRational tick = {1, encoder->id == AV_CODEC_ID_MPEG4 ? 1000 : kMadeRate};  // MPEG-4 counts a second in 16 bits
  if (regular) av_reduce(&tick.num, &tick.den, step, kMadeRate, kMadeRate), codec->framerate = {tick.den, tick.num};
  codec->time_base = tick, codec->gop_size = 4, codec->thread_count = 1;
  if (muxer->oformat->flags & AVFMT_GLOBALHEADER) codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  check(avcodec_open2(codec.get(), encoder, nullptr));
  AVStream* stream = avformat_new_stream(muxer, nullptr);
  stream->time_base = tick;
  if (regular) stream->avg_frame_rate = {tick.den, tick.num};
  check(avcodec_parameters_from_context(stream->codecpar, codec.get()));
  check(avio_open_dyn_buf(&muxer->pb));
  check(avformat_write_header(muxer, nullptr));
  const std::unique_ptr<AVFrame, void (*)(AVFrame*)> frame(av_frame_alloc(), [](AVFrame* f) { av_frame_free(&f); });
  const std::unique_ptr<AVPacket, void (*)(AVPacket*)> packet(av_packet_alloc(),
                                                              [](AVPacket* p) { av_packet_free(&p); });
  size_t written = 0;
  for (size_t i = 0; i <= times.size(); ++i) {
    if (i < times.size()) {
      frame->width = kMadeWidth, frame->height = kMadeHeight, frame->format = made.format;
      check(av_frame_get_buffer(frame.get(), 0));
      for (int plane = 0; plane < 3; ++plane)
        std::fill_n(frame->data[plane], frame->linesize[plane] * (plane ? kMadeHeight / 2 : kMadeHeight),
                    uint8_t(plane ? 128 : made_luma(i)));
      frame->pts = av_rescale_q(times[i], {1, kMadeRate}, codec->time_base);
    }
    check(avcodec_send_frame(codec.get(), i < times.size() ? frame.get() : nullptr));
    av_frame_unref(frame.get());
    while (avcodec_receive_packet(codec.get(), packet.get()) == 0) {
      av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
      packet->stream_index = 0;
      // Without reordering packet n is frame n.
      const size_t n = std::min(written++, times.size() - 2);
      packet->duration = av_rescale_q(times[n + 1] - times[n], {1, kMadeRate}, stream->time_base);
      check(av_interleaved_write_frame(muxer, packet.get()));
    }
  }
  check(av_write_trailer(muxer));
  avio_seek(muxer->pb, avio_size(muxer->pb), SEEK_SET);  // the muxer may have gone back; the buffer ends where it is
  uint8_t* bytes = nullptr;
  const int size = avio_close_dyn_buf(muxer->pb, &bytes);
  std::vector<uint8_t> file(bytes, bytes + size);
  av_free(bytes);
  return file;
}

}  // namespace glimpse
