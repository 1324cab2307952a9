// The size a picture or video is resized to (spec 3.2, 4.3).
#pragma once
#include <cstdint>

namespace glimpse {

enum class SmallPictures {
  kRefuse,   // a side shorter than the factor is an error (4.57)
  kUpscale,  // is enlarged until it fits (5.1 and later)
};

struct SmartResize {
  int64_t temporal_factor = 2;
  int64_t factor = 28;             // patch_size * merge_size
  int64_t min_pixels = 12544;      // size.shortest_edge, counted over all frames
  int64_t max_pixels = 9633792;    // size.longest_edge, counted over all frames
  SmallPictures small = SmallPictures::kRefuse;
};

struct PixelSize {
  int64_t height;
  int64_t width;
};

// Multiples of the factor near `height` x `width` within the budget of pixels over `frames` frames (2 for a picture).
// Throws Error: fewer frames than the temporal factor, a side below the factor, sides in a ratio above 200.
PixelSize smart_resize(int64_t frames, int64_t height, int64_t width, const SmartResize& rule);

}  // namespace glimpse
