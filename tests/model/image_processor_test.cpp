#include "model/image_processor.h"

#include <gtest/gtest.h>

#include "media_golden.h"
#include "model/json.h"
#include "thread_count.h"

namespace glimpse {
namespace {

ImageProcessorOptions small_budget() {
  ImageProcessorOptions options;
  options.longest_edge = 100352;
  options.normalise.mean = {0.48145466, 0.4578275, 0.40821073};
  return options;
}

void expect_rows(const SafetensorsFile& golden, const std::string& kind, const PixelBatch& batch) {
  EXPECT_EQ(0, differences(golden, "resized_" + kind, batch.patches.data(), batch.patches.size()));
  EXPECT_EQ(0, differences(golden, "first_rows_" + kind, batch.pixel_values.data(), batch.pixel_values.size(), false));
  EXPECT_EQ(0, differences(golden, "image_grid_thw", batch.grid_thw[0].data(), 3));
}

TEST(ImageProcessor, EveryStoredPictureIsEqualBitForBit) {
  const Json index = read_json_file(golden_path("preprocess/index.json"));
  ASSERT_GE(index.size(), 21u);
  const Glm4vImageProcessor slow(small_budget());
  const Glm4vImageProcessorFast fast(small_budget());
  for (const Json& entry : index) {
    const std::string file = entry["file"];
    SCOPED_TRACE(file);
    const SafetensorsFile golden(golden_path("preprocess/" + file + ".safetensors"));
    const Image image = slow.load(golden_path("preprocess/" + file).string());
    EXPECT_EQ(0, differences(golden, "decoded", image.pixels.data(), image.pixels.size()));
    expect_rows(golden, "slow", slow.preprocess(image));
    expect_rows(golden, "fast", fast.preprocess(image));
    EXPECT_EQ(entry["grid"][1].get<int64_t>() * entry["grid"][2].get<int64_t>(),
              slow.get_number_of_image_patches(image.height, image.width));
  }
}

TEST(ImageProcessor, SizesAreThoseOfTheReference) {
  const Json cases = read_json_file(golden_path("smart_resize.json"));
  ASSERT_GE(cases.size(), 700u);
  for (const Json& c : cases) {
    SCOPED_TRACE(c.dump());
    const SmartResize rule{2, 28, c["min"], c["max"], SmallPictures::kRefuse};
    PixelSize size{};
    const std::string error = sentence_of([&] { size = smart_resize(c["frames"], c["height"], c["width"], rule); });
    if (c["result"] == "error") {
      EXPECT_NE("", error);
    } else {
      EXPECT_EQ("", error);
      EXPECT_EQ(c["result"], Json({size.height, size.width}));
    }
  }
}

TEST(ImageProcessor, SmallPicturesAreEnlargedWhereAsked) {
  const SmartResize rule{2, 28, 12544, 9633792, SmallPictures::kUpscale};
  const PixelSize size = smart_resize(2, 14, 28, rule);  // enlarged to 28 x 56, then to the fewest pixels
  EXPECT_EQ(56, size.height);
  EXPECT_EQ(112, size.width);
}

TEST(ImageProcessor, FloatsAreQuantisedAndScaledTwice) {
  const Image bytes{28, 28, std::vector<uint8_t>(28 * 28 * 3, 100)};
  FloatImage whole{28, 28, std::vector<float>(28 * 28 * 3, 100.f)};
  FloatImage unit{28, 28, std::vector<float>(28 * 28 * 3, 0.3935f)};  // truncates to 100
  const Glm4vImageProcessor processor;
  const ImageInput inputs[] = {whole, unit};
  const PixelBatch expected = processor.preprocess(bytes);
  EXPECT_EQ(expected.pixel_values, processor.preprocess(std::span(inputs, 1)).pixel_values);
  const PixelBatch twice = processor.preprocess(std::span(inputs + 1, 1));
  EXPECT_EQ(expected.patches, twice.patches);
  const float once = static_cast<float>(100 * (1.0 / 255));
  EXPECT_EQ(normalise_value(once, 0, processor.options().normalise), twice.pixel_values[0]);
  unit.pixels[5] = 1.5f;
  const ImageInput bad = unit;
  EXPECT_NE("", sentence_of([&] { processor.preprocess(std::span(&bad, 1)); }));
  EXPECT_NE("", sentence_of([&] { Glm4vImageProcessorFast().preprocess(std::span(inputs, 1)); }));
}

TEST(ImageProcessor, KeywordsAreTakenOrRefusedByName) {
  const ImageProcessorOptions base;
  const auto refuse = [&](const char* text) {
    return sentence_of([&] { with_image_keywords(base, Json::parse(text)); });
  };
  EXPECT_EQ(4, with_image_keywords(base, Json::parse(R"({"patch_size": 4})")).shape.patch);
  EXPECT_FALSE(with_image_keywords(base, Json::parse(R"({"do_normalize": false})")).normalise.normalise);
  EXPECT_NE(std::string::npos, refuse(R"({"resample": 2})").find("resample"));
  EXPECT_NE(std::string::npos, refuse(R"({"size": {"shortest_edge": 5}})").find("longest_edge"));
  EXPECT_NE(std::string::npos, refuse(R"({"return_tensors": "tf"})").find("return_tensors"));
  EXPECT_NE(std::string::npos, refuse(R"({"colour": 1})").find("colour"));
  EXPECT_EQ("", refuse(R"({"do_resize": null, "disable_grouping": true, "device": "cpu", "do_convert_rgb": false})"));
  EXPECT_NE(std::string::npos, refuse(R"({"do_convert_rgb": 1})").find("do_convert_rgb"));
}

TEST(ImageProcessor, ArraysAreLaidOutAsTheKeywordSays) {
  const std::array<int64_t, 3> shape{3, 56, 3};  // either layout fits
  std::vector<uint8_t> values(3 * 56 * 3);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint8_t>(i);
  const auto made = [&](const char* keywords) {
    const Glm4vImageProcessor processor(with_image_keywords({}, Json::parse(keywords)));
    return processor.from_array(std::span<const uint8_t>(values), shape);
  };
  EXPECT_EQ(56, made("{}").height);
  EXPECT_EQ(56, made(R"({"input_data_format": "channels_first"})").height);
  const Image last = made(R"({"input_data_format": "channels_last"})");
  EXPECT_EQ(3, last.height);
  EXPECT_EQ(values, last.pixels);
  const std::vector<float> floats(3 * 28 * 28, 1.f);
  const Glm4vImageProcessor first(with_image_keywords({}, Json{{"input_data_format", "channels_first"}}));
  EXPECT_EQ(28, first.from_array(std::span<const float>(floats), {3, 28, 28}).width);
  EXPECT_NE("", sentence_of([&] { first.from_array(std::span<const float>(floats), {28, 28, 3}); }));
}

TEST(ImageProcessor, ErrorsNameTheFile) {
  const std::string thin = "P5 300 1 255\n" + std::string(300, 'x');
  const ImageInput inputs[] = {Image{56, 56, std::vector<uint8_t>(56 * 56 * 3)},
                               decode_image({reinterpret_cast<const uint8_t*>(thin.data()), thin.size()}, "thin.pgm")};
  const auto says = [&](std::span<const ImageInput> images) {
    return sentence_of([&] { Glm4vImageProcessor().preprocess(images); });
  };
  EXPECT_NE(says(inputs).find("thin.pgm (picture 2): "), std::string::npos) << says(inputs);
  const ImageInput unnamed = Image{1, 300, std::vector<uint8_t>(900)};
  EXPECT_NE(says(std::span(&unnamed, 1)).find("picture 1: "), std::string::npos);
}

TEST(ImageProcessor, RunsOnTheThreadsAskedFor) {
  const Image image{300, 400, std::vector<uint8_t>(300 * 400 * 3)};
  ImageProcessorOptions options;
  for (const int threads : {1, 5}) {
    options.threads = threads;
    EXPECT_EQ(threads - 1, threads_started([&] { Glm4vImageProcessor(options).preprocess(image); }));
  }
}

}  // namespace
}  // namespace glimpse
