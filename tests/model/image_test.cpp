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

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

// The red level of each pixel.
std::vector<int> levels(const std::string& file) {
  std::vector<int> out;
  const Image image = decode_image(bytes_of(file), "a.pnm");
  for (size_t i = 0; i < image.pixels.size(); i += 3) out.push_back(image.pixels[i]);
  return out;
}

// What Pillow 13 gives for these files: round(value / maxval * 255), half to even; grey of 16 bits is clipped.
TEST(Image, PnmSamplesAreScaledAsPillowDoes) {
  const std::string deep("\0\1\0\2\1\xf4\3\xe8", 8);  // 1, 2, 500, 1000
  EXPECT_EQ(levels("P5 3 1 15\n" + std::string("\0\7\xf", 3)), (std::vector<int>{0, 119, 255}));
  EXPECT_EQ(levels("P5 7 1 6\n" + std::string("\0\1\2\3\4\5\6", 7)),
            (std::vector<int>{0, 42, 85, 128, 170, 212, 255}));
  EXPECT_EQ(levels("P2 # plain\n7 1\n6\n0 1 2 3 4 5 6"), (std::vector<int>{0, 42, 85, 128, 170, 212, 255}));
  EXPECT_EQ(levels("P5 4 1 1000\n" + deep), (std::vector<int>{66, 131, 255, 255}));
  EXPECT_EQ(levels("P5 4 1 65535\n" + deep), (std::vector<int>{1, 2, 255, 255}));
  const std::string red = deep.substr(4, 2) + deep.substr(0, 4) + deep.substr(6) + deep.substr(0, 4);
  EXPECT_EQ(levels("P6 2 1 1000\n" + red), (std::vector<int>{128, 255}));
  EXPECT_EQ(levels("P3 2 1 1000\n500 1 2 1000 1 2"), (std::vector<int>{128, 255}));
  EXPECT_EQ(levels("P6 1 1 255\n" + std::string("\x10\x20\x30")), (std::vector<int>{16}));
  EXPECT_EQ(levels("P1\n3 2\n1 0 1\n010"), (std::vector<int>{0, 255, 0, 255, 0, 255}));
  EXPECT_EQ(levels("P4\n10 2\n\xa0\x40\x01\xff"), (std::vector<int>{0, 255, 0, 255, 255, 255, 255, 255, 255, 0,
                                                                       255, 255, 255, 255, 255, 255, 255, 0, 0, 0}));
  EXPECT_EQ(levels("P5 2 1 15\n\x10\xff"), (std::vector<int>{255, 255}));
}

TEST(Image, DamagedPnmIsRefused) {
  for (const char* file : {"P5 4 4 255\n123", "P5 4 4 15\n123", "P2 2 2 15\n1 2 3", "P2 2 1 15\n1 16",
                           "P1 2 2\n1 0 2 1", "P4 9 9\n1", "P5 2 2 0\n1234", "P5 2 2 70000\n12345678",
                           "P6 -1 2 255\n", "P3 1 1", "P6 ", "P5 99999999999 1 255\n", "P3 20000 8000 255\n1 2 3"})
    EXPECT_NE(sentence_of([&] { decode_image(bytes_of(file), "a.pnm"); }).find("a.pnm: "), std::string::npos) << file;
}

// A progressive file whose frame is enlarged to 17.6 megapixels and whose last scan is repeated: few bytes, long work.
TEST(Image, JpegScansAreLimitedByTheSizeOfThePicture) {
  std::vector<uint8_t> jpeg = file_bytes(golden_path("preprocess/progressive.jpg"));
  const auto find = [&](size_t from, uint8_t marker) {
    while (from + 1 < jpeg.size() && !(jpeg[from] == 0xff && jpeg[from + 1] == marker)) ++from;
    return from;
  };
  size_t last = find(0, 0xda);
  for (size_t next; (next = find(last + 2, 0xda)) + 1 < jpeg.size();) last = next;
  const std::vector<uint8_t> scan(jpeg.begin() + ptrdiff_t(last), jpeg.end() - 2);
  for (int i = 0; i < 40; ++i) jpeg.insert(jpeg.end() - 2, scan.begin(), scan.end());
  EXPECT_EQ("", sentence_of([&] { decode_image(jpeg, "small.jpg"); }));
  const size_t frame = find(0, 0xc2);
  ASSERT_LT(frame + 9, jpeg.size());
  jpeg[frame + 5] = jpeg[frame + 7] = 4200 >> 8, jpeg[frame + 6] = jpeg[frame + 8] = 4200 & 255;
  const std::string says = sentence_of([&] { decode_image(jpeg, "huge.jpg"); });
  EXPECT_NE(says.find("huge.jpg: "), std::string::npos) << says;
  EXPECT_NE(says.find("more than 32 scans of 17640000 pixels"), std::string::npos) << says;
}

TEST(Image, VideosAreNoPictures) {
  const auto says = [](const std::vector<uint8_t>& bytes) {
    return sentence_of([&] { decode_image(bytes, "clip.mp4"); });
  };
  const std::string refused = "clip.mp4: is a video, not a picture; give it as a video (--video)";
  EXPECT_NE(says(file_bytes(golden_path("video/video/clip.mp4"))).find(refused), std::string::npos);
  EXPECT_NE(says(bytes_of("\x1a\x45\xdf\xa3 and so on")).find(refused), std::string::npos);
  EXPECT_NE(says(bytes_of("RIFF1234AVI LIST")).find(refused), std::string::npos);
  for (const std::string& brands : {std::string("avif0000mif1"), std::string("isom0000avif")}) {
    const std::string avif = says(bytes_of(std::string("\0\0\0\x14", 4) + "ftyp" + brands));
    EXPECT_NE(avif, "");
    EXPECT_EQ(avif.find(refused), avif.npos) << avif;
  }
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
