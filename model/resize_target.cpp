#include "model/resize_target.h"

#include <algorithm>
#include <cmath>

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

constexpr int64_t kMaxSide = int64_t{1} << 20, kMaxFrames = int64_t{1} << 20, kMaxArea = int64_t{1} << 28;
constexpr double kMaxRatio = 200;

int64_t to_multiple(int64_t value, int64_t factor) {  // Python's round: halves to even, the default rounding mode
  return static_cast<int64_t>(std::nearbyint(static_cast<double>(value) / static_cast<double>(factor))) * factor;
}

}  // namespace

PixelSize smart_resize(int64_t frames, int64_t height, int64_t width, const SmartResize& rule) {
  const int64_t factor = rule.factor;
  GLIMPSE_CHECK(factor > 0 && rule.temporal_factor > 0 && rule.min_pixels >= 0 && rule.max_pixels > 0,
                "patch_size, merge_size, temporal_patch_size and size must be positive");
  GLIMPSE_CHECK(height > 0 && width > 0 && height <= kMaxSide && width <= kMaxSide && frames <= kMaxFrames,
                "%lld frames of %lldx%lld pixels are beyond what can be resized (side %lld)",
                static_cast<long long>(frames), static_cast<long long>(width), static_cast<long long>(height),
                static_cast<long long>(kMaxSide));
  GLIMPSE_CHECK(frames >= rule.temporal_factor, "%lld frame(s): at least %lld are needed; give a longer clip",
                static_cast<long long>(frames), static_cast<long long>(rule.temporal_factor));
  if (height < factor || width < factor) {
    GLIMPSE_CHECK(rule.small == SmallPictures::kUpscale,
                  "%lldx%lld pixels: each side must have at least %lld; enlarge the picture first",
                  static_cast<long long>(width), static_cast<long long>(height), static_cast<long long>(factor));
    const double scale = std::max(static_cast<double>(factor) / static_cast<double>(height),
                                  static_cast<double>(factor) / static_cast<double>(width));
    height = static_cast<int64_t>(static_cast<double>(height) * scale);
    width = static_cast<int64_t>(static_cast<double>(width) * scale);
  }
  const double ratio = static_cast<double>(std::max(height, width)) / static_cast<double>(std::min(height, width));
  GLIMPSE_CHECK(ratio <= kMaxRatio, "%lldx%lld pixels: one side is more than %g times the other; crop the picture",
                static_cast<long long>(width), static_cast<long long>(height), kMaxRatio);
  PixelSize size{to_multiple(height, factor), to_multiple(width, factor)};
  const double area = static_cast<double>(to_multiple(frames, rule.temporal_factor)) *
                      static_cast<double>(size.height) * static_cast<double>(size.width);
  const double h = static_cast<double>(height), w = static_cast<double>(width), f = static_cast<double>(factor);
  const double raw = static_cast<double>(frames) * h * w;
  const double most = static_cast<double>(rule.max_pixels), least = static_cast<double>(rule.min_pixels);
  if (area > most) {
    const double beta = std::sqrt(raw / most);
    size.height = std::max(factor, static_cast<int64_t>(std::floor(h / beta / f)) * factor);
    size.width = std::max(factor, static_cast<int64_t>(std::floor(w / beta / f)) * factor);
  } else if (area < least) {
    const double beta = std::sqrt(least / raw);
    size.height = static_cast<int64_t>(std::ceil(h * beta / f)) * factor;
    size.width = static_cast<int64_t>(std::ceil(w * beta / f)) * factor;
  }
  GLIMPSE_CHECK(size.height > 0 && size.width > 0 && size.height <= kMaxArea / size.width,
                "size asks for %lldx%lld pixels, more than the limit of %lld; lower size.shortest_edge or longest_edge",
                static_cast<long long>(size.width), static_cast<long long>(size.height),
                static_cast<long long>(kMaxArea));
  return size;
}

}  // namespace glimpse
