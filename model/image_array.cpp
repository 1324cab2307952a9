#include "model/image_array.h"

#include <algorithm>
#include <cmath>

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

constexpr int64_t kMaxSide = int64_t{1} << 20;

bool channels_first(const std::array<int64_t, 3>& shape, ChannelLayout layout) {
  const bool first = shape[0] == 3, last = shape[2] == 3;
  const bool fits = layout == ChannelLayout::kFirst ? first : layout == ChannelLayout::kLast ? last : first || last;
  GLIMPSE_CHECK(fits, "picture array of shape [%lld, %lld, %lld]: must be [3, H, W] or [H, W, 3] with 3 channels",
                static_cast<long long>(shape[0]), static_cast<long long>(shape[1]), static_cast<long long>(shape[2]));
  return layout == ChannelLayout::kInfer ? first : layout == ChannelLayout::kFirst;
}

template <typename Picture, typename T>
Picture from_array(std::span<const T> values, const std::array<int64_t, 3>& shape, ChannelLayout layout) {
  const bool first = channels_first(shape, layout);
  const int64_t height = first ? shape[1] : shape[0], width = first ? shape[2] : shape[1], area = height * width;
  GLIMPSE_CHECK(height > 0 && width > 0 && height <= kMaxSide && width <= kMaxSide &&
                    static_cast<int64_t>(values.size()) == area * 3,
                "picture array: %zu values do not make %lldx%lld pixels of 3 channels", values.size(),
                static_cast<long long>(width), static_cast<long long>(height));
  Picture picture{height, width, std::vector<T>(values.begin(), values.end())};
  for (int64_t i = 0; first && i < area; ++i) {
    for (int64_t c = 0; c < 3; ++c) {
      picture.pixels[static_cast<size_t>(i * 3 + c)] = values[static_cast<size_t>(c * area + i)];
    }
  }
  return picture;
}

}  // namespace

Image image_from_array(std::span<const uint8_t> values, const std::array<int64_t, 3>& shape, ChannelLayout layout) {
  return from_array<Image>(values, shape, layout);
}

FloatImage image_from_array(std::span<const float> values, const std::array<int64_t, 3>& shape, ChannelLayout layout) {
  return from_array<FloatImage>(values, shape, layout);
}

Image quantise_floats(const FloatImage& image, bool& unit) {
  bool whole = true, bytes = true;
  unit = true;
  for (const float v : image.pixels) {
    bytes = bytes && v >= 0 && v <= 255;
    unit = unit && v >= 0 && v <= 1;
    if (!bytes) break;
    // numpy's allclose(v, trunc(v)): absolute 1e-8, relative 1e-5
    const double cut = std::trunc(static_cast<double>(v));
    whole = whole && std::fabs(static_cast<double>(v) - cut) <= 1e-8 + 1e-5 * cut;
  }
  GLIMPSE_CHECK(bytes && (whole || unit),
                "picture of floats: the values must be whole numbers 0..255, or lie within 0..1; scale them first");
  unit = unit && !whole;
  Image out{image.height, image.width, std::vector<uint8_t>(image.pixels.size())};
  for (size_t i = 0; i < out.pixels.size(); ++i) {
    const float v = image.pixels[i];
    out.pixels[i] = static_cast<uint8_t>(unit ? static_cast<float>(static_cast<double>(v) * 255) : v);
  }
  return out;
}

}  // namespace glimpse
