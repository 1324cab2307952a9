#include "model/video.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "loopback_server.h"
#include "made_video.h"
#include "media_golden.h"
#include "model/video_size.h"
#include "thread_count.h"

namespace glimpse {
namespace {

std::string clip() { return golden_path("video/video/clip.mp4").string(); }

std::vector<Image> take(VideoDecoder& video, const std::vector<int64_t>& indices) {
  std::vector<Image> out;
  video.frames(indices, [&](size_t i, const Image& frame) {
    EXPECT_EQ(out.size(), i);
    out.push_back(frame);
  });
  return out;
}

TEST(Video, FramesAreThoseAskedFor) {
  VideoDecoder video(clip());
  EXPECT_EQ(12, video.metadata().total_num_frames);
  EXPECT_EQ(112, video.metadata().width);
  const std::vector<Image> all = take(video, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  ASSERT_EQ(12u, all.size());
  EXPECT_NE(all[0].pixels, all[11].pixels);
  const std::vector<Image> some = take(video, {2, 7, 7, 11});
  ASSERT_EQ(4u, some.size());
  EXPECT_EQ(all[2].pixels, some[0].pixels);
  EXPECT_EQ(all[7].pixels, some[1].pixels);
  EXPECT_EQ(all[7].pixels, some[2].pixels);
  EXPECT_EQ(all[11].pixels, some[3].pixels);
  EXPECT_NE("", sentence_of([&] { take(video, {12}); }));
  EXPECT_NE("", sentence_of([&] { take(video, {3, 1}); }));
}

TEST(Video, RotationMetadataTurnsTheFrames) {
  std::vector<uint8_t> bytes = file_bytes(golden_path("video/two_videos/a.mp4"));  // 170 x 116
  VideoDecoder plain(bytes, "plain.mp4");
  const uint8_t name[] = {'t', 'k', 'h', 'd'};
  auto header = std::search(bytes.begin(), bytes.end(), name, name + 4);
  ASSERT_NE(header, bytes.end());
  // matrix of a version 0 track header, 44 bytes after its name: a quarter turn clockwise (0 1 / -1 0) in 16.16
  const uint8_t quarter[36] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                               0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0};
  std::copy(quarter, quarter + 36, header + 44);
  VideoDecoder turned(bytes, "turned.mp4");
  EXPECT_EQ(116, turned.metadata().width);
  EXPECT_EQ(170, turned.metadata().height);
  EXPECT_EQ(orient_image(take(plain, {0})[0], 6).pixels, take(turned, {0})[0].pixels);
}

TEST(Video, DamagedFilesAreRefusedOrShortened) {
  const std::vector<uint8_t> whole = file_bytes(clip());
  for (const size_t size : {size_t{0}, size_t{20}, whole.size() / 2, whole.size() - 100}) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_NE(std::string::npos, sentence_of([&] { VideoDecoder(cut, "cut.mp4"); }).find("cut.mp4")) << size;
  }
  VideoLimits limits;
  limits.max_pixels = 112 * 112 - 1;
  EXPECT_NE("", sentence_of([&] { VideoDecoder(clip(), limits); }));
  limits = {};
  limits.max_frames = 11;
  EXPECT_NE(std::string::npos, sentence_of([&] { VideoDecoder(clip(), limits); }).find("11 frames"));
}

uint32_t big32(const std::vector<uint8_t>& b, size_t i) {
  return uint32_t{b[i]} << 24 | uint32_t{b[i + 1]} << 16 | uint32_t{b[i + 2]} << 8 | b[i + 3];
}

// The clip with its index (moov) before its frames (mdat), as files made for the web have it.
std::vector<uint8_t> faststart() {
  const std::vector<uint8_t> file = file_bytes(clip());
  size_t mdat = 0, moov = 0;
  for (size_t at = 0; at + 8 <= file.size(); at += big32(file, at)) {
    if (std::equal(&file[at + 4], &file[at + 8], "mdat")) mdat = at;
    if (std::equal(&file[at + 4], &file[at + 8], "moov")) moov = at;
  }
  std::vector<uint8_t> out(file.begin(), file.begin() + ptrdiff_t(mdat));
  out.insert(out.end(), file.begin() + ptrdiff_t(moov), file.end());
  const uint32_t shift = uint32_t(file.size() - moov);
  const uint8_t name[] = {'s', 't', 'c', 'o'};
  const size_t stco = size_t(std::search(out.begin(), out.end(), name, name + 4) - out.begin());
  for (uint32_t i = 0; i < big32(out, stco + 8); ++i) {
    const size_t at = stco + 12 + 4 * i;
    const uint32_t offset = big32(out, at) + shift;
    for (int k = 0; k < 4; ++k) out[at + size_t(k)] = uint8_t(offset >> (24 - 8 * k));
  }
  out.insert(out.end(), file.begin() + ptrdiff_t(mdat), file.begin() + ptrdiff_t(moov));
  return out;
}

TEST(Video, AFileCutAnywhereIsRefused) {
  const std::vector<uint8_t> whole = faststart();
  EXPECT_EQ(12, VideoDecoder(whole, "whole.mp4").metadata().total_num_frames);
  for (const double part : {0.1, 0.3, 0.6, 0.95}) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + ptrdiff_t(part * double(whole.size())));
    const std::string says = sentence_of([&] { VideoDecoder(cut, "cut.mp4"); });
    EXPECT_NE(says.find("cut.mp4: ends after "), says.npos) << part << ": " << says;
    EXPECT_NE(says.find("fetch it again"), says.npos) << says;
  }
  // A box that claims no more than there is hides the cut; the index still asks for frames beyond the end.
  std::vector<uint8_t> hidden(whole.begin(), whole.begin() + ptrdiff_t(whole.size() * 6 / 10));
  const uint8_t name[] = {'m', 'd', 'a', 't'};
  const size_t mdat = size_t(std::search(hidden.begin(), hidden.end(), name, name + 4) - hidden.begin()) - 4;
  std::fill_n(hidden.begin() + ptrdiff_t(mdat), 4, uint8_t{0});  // up to the end
  const std::string says = sentence_of([&] { VideoDecoder(hidden, "cut.mp4"); });
  EXPECT_NE(says.find("truncated"), says.npos) << says;
}

// Mean of a frame's bytes.
double grey(const Image& frame) {
  int64_t sum = 0;
  for (const uint8_t v : frame.pixels) sum += v;
  return double(sum) / double(frame.pixels.size());
}

class VideoMade : public testing::TestWithParam<MadeVideo> {};

TEST_P(VideoMade, EveryFrameIsItself) {
  std::vector<int64_t> times(12);
  for (size_t i = 0; i < times.size(); ++i) times[i] = int64_t(i) * kMadeRate / 25;
  VideoDecoder video(make_video(GetParam(), times), "made");
  EXPECT_EQ(video.metadata().total_num_frames, 12);
  EXPECT_EQ(video.metadata().width, kMadeWidth);
  EXPECT_EQ(video.metadata().height, kMadeHeight);
  ASSERT_TRUE(video.metadata().fps && video.metadata().duration);
  EXPECT_NEAR(*video.metadata().fps, 25, 0.1);
  EXPECT_NEAR(*video.metadata().duration, 11.5 / 25, 0.5 / 25 + 1e-3);  // FLV does not say how long the last one lasts
  const std::vector<int64_t> wanted = {0, 1, 4, 5, 5, 10, 11};
  const std::vector<Image> frames = take(video, wanted);
  for (size_t i = 0; i < wanted.size(); ++i)
    EXPECT_NEAR(grey(frames[i]), made_grey(GetParam(), size_t(wanted[i])), 4) << wanted[i];
}

INSTANTIATE_TEST_SUITE_P(
    Containers, VideoMade,
    testing::Values(MadeVideo{"mp4", "mpeg4"}, MadeVideo{"mov", "mjpeg", AV_PIX_FMT_YUVJ420P},
                    MadeVideo{"matroska", "ffv1"}, MadeVideo{"avi", "mpeg4"}, MadeVideo{"webm", "libvpx"},
                    MadeVideo{"mpegts", "mpeg2video"}, MadeVideo{"flv", "flv"}),
    [](const auto& info) { return std::string(info.param.container) + "_" + info.param.codec; });

// Frames are picked by number, whatever their times; rate and length are those of the times (spec 4.1).
TEST(Video, FramesOfAVariableRate) {
  const std::vector<int64_t> milliseconds = {0, 10, 20, 500, 510, 1500, 1600, 1650, 3000, 3040};
  std::vector<int64_t> times;
  for (const int64_t t : milliseconds) times.push_back(t * kMadeRate / 1000);
  for (const MadeVideo& made : {MadeVideo{"mp4", "mpeg4"}, MadeVideo{"matroska", "ffv1"}}) {
    SCOPED_TRACE(made.container);
    VideoDecoder video(make_video(made, times), "made");
    EXPECT_EQ(video.metadata().total_num_frames, 10);
    ASSERT_TRUE(video.metadata().duration && video.metadata().fps);
    EXPECT_NEAR(*video.metadata().duration, 3.08, 0.041);  // Matroska does not say how long the last frame lasts
    EXPECT_NEAR(*video.metadata().fps, 10 / *video.metadata().duration, 0.01);
    const std::vector<int64_t> wanted = {1, 2, 3, 7, 8, 9};
    const std::vector<Image> frames = take(video, wanted);
    for (size_t i = 0; i < wanted.size(); ++i)
      EXPECT_NEAR(grey(frames[i]), made_grey(made, size_t(wanted[i])), 4) << wanted[i];
  }
}

TEST(Video, ATransportStreamCutWithinAPacketIsRefused) {
  std::vector<int64_t> times(12);
  for (size_t i = 0; i < times.size(); ++i) times[i] = int64_t(i) * kMadeRate / 25;
  std::vector<uint8_t> file = make_video({"mpegts", "mpeg2video"}, times);
  ASSERT_EQ(file.size() % 188, 0u);
  file.erase(file.end() - 100, file.end());
  EXPECT_NE(sentence_of([&] { VideoDecoder(file, "cut.ts"); }).find("cut.ts: ends after "), std::string::npos);
}

// Files of containers by their first bytes alone; `size` is what is there of them.
int64_t missing(const std::string& head, int64_t size) {
  return missing_end(
      [&](int64_t offset, uint8_t* to, size_t count) {
        const size_t from = std::min(size_t(offset), head.size()), got = std::min(count, head.size() - from);
        std::copy_n(head.begin() + ptrdiff_t(from), got, to);
        return got;
      },
      size);
}

TEST(Video, ContainersSayHowLongTheyAre) {
  const std::string avi = "RIFF" + std::string("\xe8\3\0\0", 4) + "AVI LIST0123";  // 1000 bytes follow the size
  EXPECT_EQ(0, missing(avi, 1008));
  EXPECT_EQ(0, missing(avi, 1007));  // a padding byte
  EXPECT_NE(0, missing(avi, 900));
  const std::string ebml("\x1a\x45\xdf\xa3\x84" "abcd" "\x18\x53\x80\x67", 13);
  const std::string mkv = ebml + std::string("\x01\0\0\0\0\0\x03\xe8", 8);  // 1000 bytes follow 21
  EXPECT_EQ(0, missing(mkv, 1021));
  EXPECT_EQ(1021, missing(mkv, 1020));
  EXPECT_EQ(0, missing(ebml + "\x01\xff\xff\xff\xff\xff\xff\xff", 30));  // of unknown length
  EXPECT_EQ(0, missing(ebml, 13));
  const std::string boxes = std::string("\0\0\0\x14", 4) + "ftypisom0000mp42" + std::string("\0\0\0\1", 4) + "mdat";
  EXPECT_EQ(120, missing(boxes + std::string("\0\0\0\0\0\0\0\x64", 8), 100));
  EXPECT_EQ(0, missing(boxes + std::string("\0\0\0\0\0\0\0\x64", 8), 120));
  EXPECT_EQ(0, missing(boxes + std::string("\xff\0\0\0\0\0\0\x64", 8), 100));  // absurd: left to the demuxer
  EXPECT_EQ(0, missing("any other bytes of a file", 25));
  EXPECT_EQ(0, missing("RIFF", 4));
}

TEST(Video, DecodesOnTheThreadsAskedFor) {
  VideoLimits limits;
  limits.threads = 1;
  std::unique_ptr<VideoDecoder> video;
  EXPECT_EQ(0, threads_started([&] { video = std::make_unique<VideoDecoder>(clip(), limits); }));
  limits.threads = 5;
  EXPECT_GE(threads_started([&] { video = std::make_unique<VideoDecoder>(clip(), limits); }), 5);
}

TEST(Video, PlaylistsOpenNothing) {
  const std::string list = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://" + clip() + "\n#EXT-X-ENDLIST\n";
  EXPECT_NE("", sentence_of([&] { VideoDecoder({list.begin(), list.end()}, "list.m3u8"); }));
}

TEST(Video, SoundAloneIsNoVideo) {
  std::string wav = "RIFF" + std::string("\x24\x10\0\0", 4) + "WAVEfmt " +
                    std::string("\x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x8\0", 20) + "data" +
                    std::string("\0\x10\0\0", 4) + std::string(4096, '\x80');
  EXPECT_NE(std::string::npos,
            sentence_of([&] { VideoDecoder({wav.begin(), wav.end()}, "sound.wav"); }).find("no video stream"));
}

TEST(Video, UrlsWithinTheTimeAndSizeGiven) {
  const std::vector<uint8_t> bytes = file_bytes(clip());
  const LoopbackServer server([&](const std::string& path, const LoopbackServer::Send& send) {
    if (path == "/silent.mp4") return;
    send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    if (path == "/clip.mp4") send({bytes.begin(), bytes.end()});
    while (path == "/endless.mp4" && send(std::string(4096, 'x'))) {
    }
  });
  EXPECT_EQ(12, VideoDecoder(server.url("/clip.mp4")).metadata().total_num_frames);
  VideoLimits limits;
  limits.fetch.max_bytes = 200000;
  limits.fetch.total_seconds = 0.5;
  EXPECT_NE(std::string::npos, sentence_of([&] { VideoDecoder(server.url("/endless.mp4"), limits); }).find("limit"));
  EXPECT_NE("", sentence_of([&] { VideoDecoder(server.url("/silent.mp4"), limits); }));
}

}  // namespace
}  // namespace glimpse
