// Pictures: decoded RGB pixels from any file, chosen by content and never by name.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/fetch.h"

namespace glimpse {

// RGB, 8 bits a channel, rows top to bottom: pixels[(y * width + x) * 3 + c].
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint8_t> pixels{};
  std::string source{};  // the file's name, for messages; empty for a picture made in memory
};

struct ImageOptions {
  bool apply_exif = true;        // turn the picture as its camera says (spec 3.1)
  bool alpha_on_white = false;   // composite transparency over white (5.x) instead of dropping alpha (4.57)
  int64_t max_pixels = 178956970;  // checked before decoding; Pillow's limit for "decompression bombs"
  int64_t max_side = 65535;
  int threads = 0;  // of FFmpeg's decoders; 0: all this process may use
};

// Decodes JPEG, PNG, BMP, GIF (first frame), TGA, PSD, PNM, HDR, WebP, AVIF or TIFF to what Pillow's convert("RGB")
// gives (bit-equal for JPEG, PNG, BMP, GIF and PNM). `name` stands in messages and becomes the picture's `source`.
// Throws Error with one sentence: empty, unknown content, a video, truncated or damaged, beyond the limits.
Image decode_image(std::span<const uint8_t> file, const std::string& name, const ImageOptions& options = {});

// fetch() and decode_image() in one.
Image load_image(const std::string& source, const ImageOptions& options = {}, const FetchOptions& fetch_options = {});

// The picture turned and mirrored as EXIF orientation 1..8 asks.
Image orient_image(Image image, int orientation);

}  // namespace glimpse
