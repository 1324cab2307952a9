#include "model/resize.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "media_golden.h"
#include "model/resize_taps.h"

namespace glimpse {
namespace {

Image noise(int64_t height, int64_t width) {
  Image image{height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3))};
  uint64_t state = 1;
  for (uint8_t& p : image.pixels) p = static_cast<uint8_t>((state = state * 6364136223846793005u + 1) >> 56);
  return image;
}

// The plainest reading of spec 3.3: one axis, one sample at a time.
Image along(const Image& image, bool rows, int64_t size, ResizeArithmetic arithmetic) {
  const ResizeTaps taps = make_resize_taps(rows ? image.height : image.width, size, arithmetic);
  Image out{rows ? size : image.height, rows ? image.width : size, {}};
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x) {
      const size_t o = static_cast<size_t>(rows ? y : x);
      for (int64_t c = 0; c < 3; ++c) {
        int64_t sum = int64_t{1} << (taps.precision - 1);
        for (int64_t k = 0; k < taps.count[o]; ++k) {
          const int64_t at = taps.first[o] + k, fy = rows ? at : y, fx = rows ? x : at;
          sum += taps.weight[o * static_cast<size_t>(taps.stride) + static_cast<size_t>(k)] *
                 int64_t{image.pixels[static_cast<size_t>((fy * image.width + fx) * 3 + c)]};
        }
        out.pixels.push_back(static_cast<uint8_t>(std::clamp<int64_t>(sum >> taps.precision, 0, 255)));
      }
    }
  }
  return out;
}

TEST(Resize, EqualsThePlainLoopsForAnyThreads) {
  const int64_t sizes[][4] = {
      {37, 53, 28, 84}, {100, 40, 28, 28}, {33, 21, 33, 56}, {29, 70, 56, 70}, {200, 20, 28, 28}};
  const int threads = omp_get_max_threads();
  for (const auto& s : sizes) {
    const Image image = noise(s[0], s[1]);
    for (const ResizeArithmetic arithmetic : {ResizeArithmetic::kPillow, ResizeArithmetic::kTorchvision}) {
      const Image wide = s[3] == s[1] ? image : along(image, false, s[3], arithmetic);
      const Image expected = s[2] == s[0] ? wide : along(wide, true, s[2], arithmetic);
      for (int n = 1; n <= 3; ++n) {
        omp_set_num_threads(n);
        EXPECT_EQ(expected.pixels,
                  resize_bicubic(image, s[2], s[3], arithmetic, PassOrder::kHorizontalFirst).pixels);
      }
      omp_set_num_threads(threads);
    }
  }
}

TEST(Resize, PassOrderFollowsThePillowVersion) {
  const Image tall = noise(90, 40);  // 90 - 28 > 2 * (40 - 28)
  const Image rows = along(along(tall, true, 28, ResizeArithmetic::kPillow), false, 28, ResizeArithmetic::kPillow);
  EXPECT_EQ(rows.pixels, resize_bicubic(tall, 28, 28, ResizeArithmetic::kPillow).pixels);
  EXPECT_NE(rows.pixels, resize_bicubic(tall, 28, 28, ResizeArithmetic::kPillow, PassOrder::kPillow12).pixels);
  EXPECT_EQ(PassOrder::kPillow12, parse_pass_order("pillow12"));
  EXPECT_NE("", sentence_of([] { parse_pass_order("fast"); }));
}

TEST(Resize, WeightsSumToOne) {
  for (const int64_t outputs : {7, 28, 100}) {
    const ResizeTaps taps = make_resize_taps(61, outputs, ResizeArithmetic::kTorchvision);
    for (int64_t o = 0; o < outputs; ++o) {
      double sum = 0;
      for (int64_t k = 0; k < taps.count[static_cast<size_t>(o)]; ++k) {
        sum += taps.weight[static_cast<size_t>(o * taps.stride + k)];
      }
      // each weight is rounded by at most a half
      EXPECT_NEAR(std::ldexp(1, taps.precision), sum, 0.5 * static_cast<double>(taps.count[static_cast<size_t>(o)]));
    }
  }
}

TEST(Resize, EmptySizesAreRefused) {
  EXPECT_NE("", sentence_of([] { resize_bicubic(noise(2, 2), 0, 4, ResizeArithmetic::kPillow); }));
}

}  // namespace
}  // namespace glimpse
