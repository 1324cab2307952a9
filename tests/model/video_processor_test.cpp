#include "model/video_processor.h"

#include <gtest/gtest.h>

#include <numeric>

#include "media_golden.h"
#include "model/json.h"

namespace glimpse {
namespace {

VideoProcessorOptions small_budget() {
  VideoProcessorOptions options;
  options.longest_edge = 401408;
  return options;
}

void expect_case(const std::string& name, const std::vector<std::string>& files) {
  SCOPED_TRACE(name);
  std::vector<std::string> sources;
  for (const std::string& file : files) sources.push_back(golden_path("video/" + name + "/" + file).string());
  const SafetensorsFile golden(golden_path("video/" + name + "/inputs.safetensors"));
  const VideoBatch batch = Glm4vVideoProcessor(small_budget()).preprocess(sources);
  const auto& values = batch.pixels.pixel_values;
  EXPECT_EQ(0, differences(golden, "pixel_values_videos", values.data(), values.size()));
  EXPECT_EQ(0, differences(golden, "video_grid_thw", batch.pixels.grid_thw[0].data(), 3 * files.size()));
  const Json expected = read_json_file(golden_path("video/" + name + "/case.json"))["video"];
  for (size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(expected[i]["frames"], batch.metadata[i].total_num_frames);
    EXPECT_EQ(expected[i]["fps"].get<double>(), batch.metadata[i].fps);
    EXPECT_EQ(expected[i]["duration"].get<double>(), batch.metadata[i].duration);
  }
}

TEST(VideoProcessor, StoredVideosAreEqualBitForBit) {
  expect_case("video", {"clip.mp4"});
  expect_case("two_videos", {"a.mp4", "b.mp4"});
}

TEST(VideoProcessor, FramesAreSampledAsTheReferenceDoes) {
  const Json cases = read_json_file(golden_path("frame_sampling.json"));
  ASSERT_GE(cases.size(), 300u);
  for (const Json& c : cases) {
    SCOPED_TRACE(c.dump().substr(0, 200));
    VideoMetadata metadata;
    metadata.total_num_frames = c["frames"];
    metadata.fps = c["source_fps"].get<double>();
    if (!c["duration"].is_null()) metadata.duration = c["duration"].get<double>();
    const std::vector<int64_t> got = sample_frames(metadata, c["fps"], 300, ShortClips::kReference);
    const Json& want = c["indices"];
    if (want.is_array()) {
      EXPECT_EQ(want.get<std::vector<int64_t>>(), got);
      continue;
    }
    ASSERT_TRUE(want.is_object());
    ASSERT_EQ(want["count"].get<size_t>(), got.size());
    EXPECT_EQ(want["head"].get<std::vector<int64_t>>(), std::vector<int64_t>(got.begin(), got.begin() + 24));
    EXPECT_EQ(want["tail"].get<std::vector<int64_t>>(), std::vector<int64_t>(got.end() - 24, got.end()));
    EXPECT_EQ(want["sum"].get<int64_t>(), std::accumulate(got.begin(), got.end(), int64_t{0}));
  }
}

TEST(VideoProcessor, ShortClipsGiveOneFrameTwice) {
  VideoMetadata metadata;
  metadata.total_num_frames = 5;
  metadata.fps = 30;
  metadata.duration = 5. / 30;
  EXPECT_EQ((std::vector<int64_t>{0, 0}), sample_frames(metadata));
  metadata.fps.reset();
  EXPECT_NE("", sentence_of([&] { sample_frames(metadata); }));
}

TEST(VideoProcessor, SecondsAreThoseOfTheFirstFrameOfEachPair) {
  VideoMetadata metadata;
  metadata.fps = 10;
  metadata.frames_indices = {0, 5, 10, 15, 20, 25};
  EXPECT_EQ((std::vector<int64_t>{0, 1, 2}), frame_seconds(metadata, 3));
  EXPECT_EQ((std::vector<int64_t>{0, 1, 2, 2}), frame_seconds(metadata, 4));
}

TEST(VideoProcessor, KeywordsAreTakenOrRefusedByName) {
  const auto refuse = [](const char* text) { return sentence_of([&] { with_video_keywords({}, Json::parse(text)); }); };
  EXPECT_EQ(4, with_video_keywords({}, Json::parse(R"({"fps": 4, "max_image_size": {}, "num_frames": 3})")).fps);
  EXPECT_NE(std::string::npos, refuse(R"({"video_metadata": {}})").find("video_metadata"));
  EXPECT_NE(std::string::npos, refuse(R"({"rate": 1})").find("rate"));
}

TEST(VideoProcessor, OneFrameIsTooFewUnlessSampled) {
  const VideoFrames one{{Image{56, 56, std::vector<uint8_t>(56 * 56 * 3)}}, {}};
  VideoProcessorOptions options;
  options.do_sample_frames = false;
  EXPECT_NE("", sentence_of([&] { Glm4vVideoProcessor(options).preprocess(std::span(&one, 1)); }));
}

}  // namespace
}  // namespace glimpse
