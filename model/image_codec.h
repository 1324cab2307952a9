// The decoders behind decode_image. Each checks the size before it allocates pixels.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "model/image.h"

namespace glimpse {

// One picture file on its way through a decoder.
struct ImageFile {
  std::span<const uint8_t> bytes;
  const std::string& name;
  const ImageOptions& options;
};

Image decode_jpeg(const ImageFile& file);    // libjpeg-turbo
Image decode_stb(const ImageFile& file);     // stb_image: PNG, BMP, GIF, TGA, PSD, HDR
Image decode_pnm(const ImageFile& file);     // P1 to P6, by hand: neither library scales samples as Pillow does
Image decode_ffmpeg(const ImageFile& file);  // FFmpeg: WebP, AVIF, TIFF and PAM

// Throws unless 1 <= width, height <= max_side and width * height <= max_pixels.
void check_image_size(int64_t width, int64_t height, const ImageFile& file);

// RGBA to RGB: alpha dropped, or composited over white with Pillow's rounding. `rgba` holds 4 * height * width bytes.
Image drop_alpha(const uint8_t* rgba, int64_t height, int64_t width, bool on_white);

}  // namespace glimpse
