#include "model/image.h"

#include <gtest/gtest.h>

#include "media_golden.h"
#include "model/exif.h"
#include "model/image_array.h"

namespace glimpse {
namespace {

const char* const kFiles[] = {"rgb.png", "cmyk.jpg", "progressive.jpg", "gif.gif", "bmp.bmp", "palette.png"};

TEST(Image, ContentDecidesNotTheName) {
  for (const char* file : kFiles) {
    const std::vector<uint8_t> bytes = file_bytes(golden_path(std::string("preprocess/") + file));
    EXPECT_EQ(220, decode_image(bytes, "wrong.xyz").width) << file;
  }
}

TEST(Image, TruncatedPicturesAreRefused) {
  for (const char* file : kFiles) {
    std::vector<uint8_t> bytes = file_bytes(golden_path(std::string("preprocess/") + file));
    bytes.resize(bytes.size() / 2);
    EXPECT_NE(std::string::npos, sentence_of([&] { decode_image(bytes, file); }).find(file)) << file;
  }
  EXPECT_NE("", sentence_of([] { decode_image({}, "empty.png"); }));
  const std::vector<uint8_t> text(100, 'x');
  EXPECT_NE("", sentence_of([&] { decode_image(text, "text.png"); }));
}

TEST(Image, SizeIsCheckedBeforeDecoding) {
  std::vector<uint8_t> png = file_bytes(golden_path("preprocess/rgb.png"));
  ImageOptions options;
  options.max_pixels = 220 * 160 - 1;
  EXPECT_NE(std::string::npos, sentence_of([&] { decode_image(png, "a", options); }).find("limit"));
  png[16] = 0x00, png[17] = 0xff, png[20] = 0x00, png[21] = 0xff;  // 16 M x 16 M pixels
  EXPECT_NE("", sentence_of([&] { decode_image(png, "gigantic.png"); }));
}

TEST(Image, AlphaIsCompositedOnWhiteWhereAsked) {
  const std::vector<uint8_t> png = file_bytes(golden_path("preprocess/rgba.png"));
  ImageOptions white;
  white.alpha_on_white = true;
  const Image dropped = decode_image(png, "a"), blended = decode_image(png, "a", white);
  int64_t lighter = 0;
  for (size_t i = 0; i < dropped.pixels.size(); ++i) {
    ASSERT_GE(blended.pixels[i], dropped.pixels[i]);
    lighter += blended.pixels[i] > dropped.pixels[i];
  }
  EXPECT_GT(lighter, 1000);
}

TEST(Image, OrientationsMoveTheCorners) {
  // 2 x 3 pixels, numbered; what the first pixel of the shown picture is for each orientation (EXIF 2.3, tag 0x112)
  Image image{2, 3, {}};
  for (uint8_t i = 0; i < 6; ++i) image.pixels.insert(image.pixels.end(), 3, i);
  const int first[] = {0, 2, 5, 3, 0, 3, 5, 2}, second[] = {1, 1, 4, 4, 3, 0, 2, 5};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image turned = orient_image(image, orientation);
    EXPECT_EQ(orientation >= 5 ? 3 : 2, turned.height);
    EXPECT_EQ(first[orientation - 1], turned.pixels[0]) << orientation;
    EXPECT_EQ(second[orientation - 1], turned.pixels[3]) << orientation;
  }
}

TEST(Image, ExifIsReadWithinBounds) {
  std::vector<uint8_t> jpeg = file_bytes(golden_path("preprocess/exif6.jpg"));
  EXPECT_EQ(6, exif_orientation(jpeg));
  for (size_t size = 0; size < 64; ++size) exif_orientation(std::span(jpeg).first(size));
  for (size_t i = 0; i < 64; ++i) {
    std::vector<uint8_t> damaged(jpeg.begin(), jpeg.begin() + 64);
    damaged[i] = 0xff;
    const int orientation = exif_orientation(damaged);
    EXPECT_TRUE(orientation >= 1 && orientation <= 8);
  }
}

TEST(Image, ArraysOfEitherLayout) {
  std::vector<uint8_t> last(4 * 5 * 3), first(4 * 5 * 3);
  for (size_t i = 0; i < last.size(); ++i)
    last[i] = static_cast<uint8_t>(i), first[i % 3 * 20 + i / 3] = static_cast<uint8_t>(i);
  EXPECT_EQ(last, image_from_array(std::span<const uint8_t>(last), {4, 5, 3}).pixels);
  EXPECT_EQ(last, image_from_array(std::span<const uint8_t>(first), {3, 4, 5}).pixels);
  EXPECT_NE("", sentence_of([&] { image_from_array(std::span<const uint8_t>(last), {4, 5, 4}); }));
  EXPECT_NE("", sentence_of([&] { image_from_array(std::span<const uint8_t>(last), {4, 6, 3}); }));
}

// With several threads FFmpeg's WebP decoder ended the process on this file, which fuzzing found.
TEST(Image, DamagedWebpDoesNotEndTheProcess) {
  const auto file = file_bytes(std::filesystem::path(GLIMPSE_TEST_DATA) / "../fuzz/corpus/image/threads.webp");
  ASSERT_FALSE(file.empty());
  ImageOptions options;
  options.max_pixels = 1 << 18;
  for (int repeat = 0; repeat < 20; ++repeat) {
    try {
      decode_image(file, "threads.webp", options);
    } catch (const Error&) {
      // Refused or decoded: either will do.
    }
  }
}

}  // namespace
}  // namespace glimpse
