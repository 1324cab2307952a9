#include "model/video.h"

#include <gtest/gtest.h>

#include "loopback_server.h"
#include "media_golden.h"

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
