// Pictures handed over in memory instead of as files.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "model/image.h"

namespace glimpse {

enum class ChannelLayout {
  kInfer,
  kFirst,
  kLast
};  // [3, H, W] or [H, W, 3]; both possible: first, as the reference does

// A picture of floats, [H, W, 3] like Image.
struct FloatImage {
  int64_t height = 0;
  int64_t width = 0;
  std::vector<float> pixels;
};

// A copy in [H, W, 3] of an array of `shape`. Throws Error unless one side holds exactly 3 channels and the size fits.
Image image_from_array(std::span<const uint8_t> values, const std::array<int64_t, 3>& shape,
                       ChannelLayout layout = ChannelLayout::kInfer);
FloatImage image_from_array(std::span<const float> values, const std::array<int64_t, 3>& shape,
                            ChannelLayout layout = ChannelLayout::kInfer);

// The 8-bit picture the reference makes of a float one before resizing (spec 3.1 step 2). `unit` is set if the values
// lay in 0..1 and were multiplied by 255 and truncated. Throws Error for values that are neither whole 0..255 nor
// within 0..1.
Image quantise_floats(const FloatImage& image, bool& unit);

}  // namespace glimpse
