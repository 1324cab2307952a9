// Bicubic resizing of RGB pictures, bit-equal to Pillow and to torchvision (spec 3.3).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "model/image.h"

namespace glimpse {

enum class ResizeArithmetic {
  kPillow,       // 22-bit weights: Glm4vImageProcessor
  kTorchvision,  // 16-bit weights: Glm4vImageProcessorFast and videos; always horizontal first
};

// Which axis Pillow resizes first; the picture between the passes is rounded, so the order shows.
enum class PassOrder {
  kPillow13,         // vertical first if H < h and h - H > 2 * (w - W)
  kPillow12,         // vertical first if H < h and h > 100 * w (12.3)
  kHorizontalFirst,  // 11.3 and before
};

// "pillow13", "pillow12" or "horizontal_first"; throws Error with these names for anything else.
PassOrder parse_pass_order(std::string_view name);

// `image` resized to `height` x `width`, both >= 1, on `threads` threads (0: all this process may use). The same bits
// for any number of threads.
Image resize_bicubic(const Image& image, int64_t height, int64_t width, ResizeArithmetic arithmetic,
                     PassOrder order = PassOrder::kPillow13, int threads = 0);

}  // namespace glimpse
