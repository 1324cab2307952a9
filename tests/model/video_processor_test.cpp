#include "model/video_processor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "media_golden.h"
#include "model/json.h"
#include "model/processor.h"
#include "thread_count.h"

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

TEST(VideoProcessor, LongClipsOfVeryFewFramesPerSecond) {
  VideoMetadata metadata;
  metadata.total_num_frames = 10000;
  metadata.fps = 10;
  metadata.duration = 1000;
  const auto taken = [&](double fps, ShortClips clips) { return sample_frames(metadata, fps, 300, clips); };
  // 300 s at these rates are 1.5, 0.3 and 2.1 frames, cut to whole ones: a single point of time is the start
  EXPECT_EQ((std::vector<int64_t>{0, 0}), taken(0.005, ShortClips::kReference));
  EXPECT_EQ((std::vector<int64_t>{}), taken(0.001, ShortClips::kReference));
  EXPECT_EQ((std::vector<int64_t>{0, 0}), taken(0.001, ShortClips::kOneFrame));
  EXPECT_EQ((std::vector<int64_t>{0, 9999}), taken(0.007, ShortClips::kReference));
}

VideoFrames grey_frames(size_t count, uint8_t step) {
  VideoFrames video;
  for (size_t t = 0; t < count; ++t)
    video.frames.push_back({56, 56, std::vector<uint8_t>(56 * 56 * 3, static_cast<uint8_t>(t * step))});
  return video;
}

// Frames that the caller took himself keep the numbers he gives them (spec 4.1, 4.4).
TEST(VideoProcessor, SampledFramesKeepTheirNumbers) {
  VideoProcessorOptions options;
  options.do_sample_frames = false;
  VideoFrames video = grey_frames(4, 10);
  video.metadata.fps = 30;
  video.metadata.total_num_frames = 300;
  video.metadata.frames_indices = {0, 60, 120, 180};
  const auto taken = [&] { return Glm4vVideoProcessor(options).preprocess(std::span(&video, 1)).metadata[0]; };
  EXPECT_EQ(video.metadata.frames_indices, taken().frames_indices);
  EXPECT_EQ(300, taken().total_num_frames);
  EXPECT_EQ((std::vector<int64_t>{0, 4}), frame_seconds(taken(), 2));
  video.metadata.frames_indices.clear();
  EXPECT_EQ((std::vector<int64_t>{0, 1, 2, 3}), taken().frames_indices);
  video.metadata.frames_indices = {0, 60};
  EXPECT_NE(sentence_of(taken).find("frames_indices"), std::string::npos);
  options.do_sample_frames = true;
  EXPECT_NE(sentence_of(taken).find("do_sample_frames"), std::string::npos);
  video.metadata.total_num_frames = 0;  // all there are: sampled afresh, 2 in the second that they count for
  EXPECT_EQ((std::vector<int64_t>{0, 3}), taken().frames_indices);
}

TEST(VideoProcessor, ArraysOfEitherLayout) {
  const VideoFrames frames = grey_frames(2, 100);
  std::vector<uint8_t> values = frames.frames[0].pixels;
  values.insert(values.end(), frames.frames[1].pixels.begin(), frames.frames[1].pixels.end());
  const auto made = [&](const char* layout, std::array<int64_t, 4> shape) {
    return Glm4vVideoProcessor(with_video_keywords({}, Json{{"input_data_format", layout}})).from_array(values, shape);
  };
  for (const VideoFrames& video : {made("channels_first", {2, 3, 56, 56}), made("channels_last", {2, 56, 56, 3})}) {
    ASSERT_EQ(2u, video.frames.size());
    EXPECT_EQ(frames.frames[1].pixels, video.frames[1].pixels);
  }
  EXPECT_NE("", sentence_of([&] { made("channels_last", {2, 3, 56, 56}); }));
  EXPECT_NE("", sentence_of([&] { made("channels_last", {5, 56, 56, 3}); }));
}

TEST(VideoProcessor, AVideoPreprocessedBeforeIsTakenAsItIs) {
  const std::filesystem::path model = std::filesystem::path(GLIMPSE_TEST_DATA) / "nano";
  Glm4vProcessor processor = Glm4vProcessor::from_pretrained(model, Glm4vConfig::from_pretrained(model));
  processor.options().video = small_budget();
  const std::string a = golden_path("video/two_videos/a.mp4").string();
  const std::string b = golden_path("video/two_videos/b.mp4").string();
  const auto prepared = [&](const std::string& source) -> VideoSource {
    return std::make_shared<const VideoBatch>(Glm4vVideoProcessor(small_budget()).preprocess(std::span(&source, 1)));
  };
  const std::vector<std::string> text = {"<|video|><|video|>"};
  const ProcessorOutput want = processor(text, {}, std::vector<VideoSource>{a, b});
  const ProcessorOutput got = processor(text, {}, std::vector<VideoSource>{prepared(a), prepared(b)});
  EXPECT_EQ(want.texts, got.texts);
  EXPECT_EQ(want.videos.grid_thw, got.videos.grid_thw);
  EXPECT_EQ(want.videos.patches, got.videos.patches);
  EXPECT_EQ(want.videos.pixel_values, got.videos.pixel_values);
}

TEST(VideoProcessor, RunsOnTheThreadsAskedFor) {
  VideoFrames video = grey_frames(2, 100);
  for (Image& frame : video.frames) frame = {300, 400, std::vector<uint8_t>(300 * 400 * 3)};
  VideoProcessorOptions options;
  options.do_sample_frames = false;
  for (const int threads : {1, 5}) {
    options.threads = threads;
    EXPECT_EQ(threads - 1, threads_started([&] { Glm4vVideoProcessor(options).preprocess(std::span(&video, 1)); }));
  }
}

TEST(VideoProcessor, SecondsAreThoseOfTheFirstFrameOfEachPair) {
  VideoMetadata metadata;
  metadata.fps = 10;
  metadata.frames_indices = {0, 5, 10, 15, 20, 25};
  EXPECT_EQ((std::vector<int64_t>{0, 1, 2}), frame_seconds(metadata, 3));
  EXPECT_EQ((std::vector<int64_t>{0, 1, 2, 2}), frame_seconds(metadata, 4));
  for (const double fps : {0.0, -1.0, 1e-300, double(NAN), double(INFINITY)}) {
    metadata.fps = fps;
    EXPECT_NE("", sentence_of([&] { frame_seconds(metadata, 3); })) << fps;
  }
  metadata.fps.reset();
  EXPECT_EQ((std::vector<int64_t>{0, 0, 0, 0}), frame_seconds(metadata, 4));  // 24 a second
  metadata.frames_indices.clear();
  EXPECT_NE(sentence_of([&] { frame_seconds(metadata, 3); }).find("frames_indices"), std::string::npos);
}

TEST(VideoProcessor, KeywordsAreTakenOrRefusedByName) {
  const auto refuse = [](const char* text) { return sentence_of([&] { with_video_keywords({}, Json::parse(text)); }); };
  EXPECT_EQ(4, with_video_keywords({}, Json::parse(R"({"fps": 4, "max_image_size": {}, "num_frames": 3})")).fps);
  EXPECT_NE(std::string::npos, refuse(R"({"video_metadata": {}})").find("video_metadata"));
  EXPECT_NE(std::string::npos, refuse(R"({"rate": 1})").find("rate"));
  EXPECT_NE(std::string::npos, refuse(R"({"do_convert_rgb": 1})").find("do_convert_rgb"));
  EXPECT_NE(std::string::npos, refuse(R"({"input_data_format": "HWC"})").find("input_data_format"));
}

TEST(VideoProcessor, OneFrameIsTooFewUnlessSampled) {
  const VideoFrames one{{Image{56, 56, std::vector<uint8_t>(56 * 56 * 3)}}, {}};
  VideoProcessorOptions options;
  options.do_sample_frames = false;
  EXPECT_NE("", sentence_of([&] { Glm4vVideoProcessor(options).preprocess(std::span(&one, 1)); }));
}

}  // namespace
}  // namespace glimpse
