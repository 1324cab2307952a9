#include "model/image.h"

#include <cstring>

#include "glimpse/core/error.h"
#include "model/exif.h"
#include "model/image_codec.h"

namespace glimpse {
namespace {

bool starts_with(std::span<const uint8_t> bytes, const char* magic, size_t length, size_t offset = 0) {
  return bytes.size() >= offset + length && std::memcmp(bytes.data() + offset, magic, length) == 0;
}

bool is_tiff(std::span<const uint8_t> bytes) {
  return starts_with(bytes, "II*\0", 4) || starts_with(bytes, "MM\0*", 4);
}

bool needs_ffmpeg(std::span<const uint8_t> bytes) {
  const bool webp = starts_with(bytes, "RIFF", 4) && starts_with(bytes, "WEBP", 4, 8);
  const bool avif = starts_with(bytes, "ftyp", 4, 4);
  // stb_image reads binary grey and colour maps only.
  const bool rare_pnm = bytes.size() > 2 && bytes[0] == 'P' && std::strchr("12347", bytes[1]) && bytes[1] != 0;
  return webp || avif || rare_pnm || is_tiff(bytes);
}

}  // namespace

void check_image_size(int64_t width, int64_t height, const ImageFile& file) {
  GLIMPSE_CHECK(width > 0 && height > 0, "%s: the picture claims a size of %lldx%lld; it is damaged",
                file.name.c_str(), static_cast<long long>(width), static_cast<long long>(height));
  GLIMPSE_CHECK(width <= file.options.max_side && height <= file.options.max_side &&
                    width <= file.options.max_pixels / height,
                "%s: %lldx%lld pixels are more than the limit of %lld (side %lld); scale the picture down first",
                file.name.c_str(), static_cast<long long>(width), static_cast<long long>(height),
                static_cast<long long>(file.options.max_pixels), static_cast<long long>(file.options.max_side));
}

Image drop_alpha(const uint8_t* rgba, int64_t height, int64_t width, bool on_white) {
  Image image{height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3))};
  uint8_t* out = image.pixels.data();
  for (int64_t i = 0; i < height * width; ++i, rgba += 4, out += 3) {
    const uint32_t alpha = rgba[3];
    for (int c = 0; c < 3; ++c) {
      // Pillow blends with 7 extra bits and divides by 255 as (t + t/256)/256.
      const uint32_t t = 128 * (rgba[c] * alpha + 255 * (255 - alpha)) + (0x80 << 7);
      out[c] = on_white ? static_cast<uint8_t>(((t >> 8) + t) >> 15) : rgba[c];
    }
  }
  return image;
}

Image orient_image(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool transposed = orientation >= 5;
  const int64_t height = transposed ? image.width : image.height, width = transposed ? image.height : image.width;
  Image turned{height, width, std::vector<uint8_t>(image.pixels.size())};
  const bool flip_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  const bool flip_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      // Orientation 6 shows the stored picture turned clockwise: its columns, read from the bottom, become the rows.
      int64_t from_y = transposed ? x : y, from_x = transposed ? y : x;
      if (transposed ? flip_x : flip_y) from_y = image.height - 1 - from_y;
      if (transposed ? flip_y : flip_x) from_x = image.width - 1 - from_x;
      std::memcpy(&turned.pixels[static_cast<size_t>((y * width + x) * 3)],
                  &image.pixels[static_cast<size_t>((from_y * image.width + from_x) * 3)], 3);
    }
  }
  return turned;
}

Image decode_image(std::span<const uint8_t> bytes, const std::string& name, const ImageOptions& options) {
  GLIMPSE_CHECK(!bytes.empty(), "%s: the picture is empty (0 bytes)", name.c_str());
  const ImageFile file{bytes, name, options};
  const bool jpeg = starts_with(bytes, "\xff\xd8\xff", 3);
  Image image = jpeg ? decode_jpeg(file) : needs_ffmpeg(bytes) ? decode_ffmpeg(file) : decode_stb(file);
  return options.apply_exif ? orient_image(std::move(image), exif_orientation(bytes)) : image;
}

Image load_image(const std::string& source, const ImageOptions& options, const FetchOptions& fetch_options) {
  const std::vector<uint8_t> bytes = fetch(source, fetch_options);
  return decode_image(bytes, source_name(source), options);
}

}  // namespace glimpse
