#include "model/image.h"

#include <algorithm>
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

bool is_pnm(std::span<const uint8_t> bytes) {
  return bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' && bytes[2] != 0 &&
         std::strchr(" \t\n\v\f\r#", bytes[2]);
}

// AVIF and HEIF share their container with MP4; the brands, 4 letters each, tell: one at byte 8, others from 16 on.
bool is_heif(std::span<const uint8_t> bytes) {
  if (!starts_with(bytes, "ftyp", 4, 4)) return false;
  const size_t claimed = size_t{bytes[0]} << 24 | size_t{bytes[1]} << 16 | size_t{bytes[2]} << 8 | bytes[3];
  for (size_t at = 8; at < std::min<size_t>(claimed, 256); at += at == 8 ? 8 : 4) {
    for (const char* brand : {"avif", "avis", "mif1", "msf1", "heic", "heix", "heim", "heis", "hevc", "hevx"})
      if (starts_with(bytes, brand, 4, at)) return true;
  }
  return false;
}

// MP4 and MOV, Matroska and WebM, AVI.
bool is_video(std::span<const uint8_t> bytes) {
  for (const char* box : {"ftyp", "moov", "mdat", "wide"})
    if (starts_with(bytes, box, 4, 4)) return !is_heif(bytes);
  return starts_with(bytes, "\x1a\x45\xdf\xa3", 4) ||
         (starts_with(bytes, "RIFF", 4) && starts_with(bytes, "AVI ", 4, 8));
}

Image decode_by_content(const ImageFile& file) {
  const std::span<const uint8_t> bytes = file.bytes;
  GLIMPSE_CHECK(!bytes.empty(), "%s: the picture is empty (0 bytes)", file.name.c_str());
  GLIMPSE_CHECK(!is_video(bytes), "%s: is a video, not a picture; give it as a video (--video)", file.name.c_str());
  if (starts_with(bytes, "\xff\xd8\xff", 3)) return decode_jpeg(file);
  if (is_pnm(bytes)) return decode_pnm(file);
  const bool webp = starts_with(bytes, "RIFF", 4) && starts_with(bytes, "WEBP", 4, 8);
  const bool ffmpeg = webp || is_heif(bytes) || is_tiff(bytes) || starts_with(bytes, "P7\n", 3);
  return ffmpeg ? decode_ffmpeg(file) : decode_stb(file);
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
  Image turned{height, width, std::vector<uint8_t>(image.pixels.size()), image.source};
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
  Image image = decode_by_content({bytes, name, options});
  if (options.apply_exif) image = orient_image(std::move(image), exif_orientation(bytes));
  image.source = name;
  return image;
}

Image load_image(const std::string& source, const ImageOptions& options, const FetchOptions& fetch_options) {
  const std::vector<uint8_t> bytes = fetch(source, fetch_options);
  return decode_image(bytes, source_name(source), options);
}

}  // namespace glimpse
