// PNG, BMP, GIF, TGA, PSD and HDR through stb_image, with the three places where Pillow differs put right.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "glimpse/core/error.h"
#include "model/image_codec.h"

namespace {

// Compressed data may expand a thousandfold beyond the picture it claims to hold: every allocation is bounded.
thread_local size_t allocation_limit = 0;

void* bounded_malloc(size_t bytes) { return bytes <= allocation_limit ? std::malloc(bytes) : nullptr; }

void* bounded_realloc(void* old, size_t bytes) {
  return bytes <= allocation_limit ? std::realloc(old, bytes) : nullptr;
}

}  // namespace

#define STBI_MALLOC(bytes) bounded_malloc(bytes)
#define STBI_REALLOC(old, bytes) bounded_realloc(old, bytes)
#define STBI_FREE(old) std::free(old)
#define STBI_NO_STDIO
#define STBI_NO_JPEG
#define STBI_NO_PIC
#define STBI_NO_PNM
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
// nonnull-attribute: an empty IDAT is copied as 0 bytes to a null pointer; a longer such copy faults all the same.
#if defined(__clang__)
#pragma clang attribute push(                                                                         \
    __attribute__((no_sanitize("shift", "signed-integer-overflow", "nonnull-attribute"))), apply_to = function)
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb_image.h>
#pragma GCC diagnostic pop
#if defined(__clang__)
#pragma clang attribute pop
#endif

namespace glimpse {
namespace {

using StbPixels = std::unique_ptr<uint8_t, void (*)(uint8_t*)>;

// Pillow shows a transparent GIF pixel in its palette colour, stb_image in black: clear the transparency flag of the
// first frame's control block. Blocks: 0x21 extension (label, sub-blocks), 0x2c picture.
void clear_gif_transparency(std::vector<uint8_t>& gif) {
  if (gif.size() < 13) return;
  size_t at = 13 + (gif[10] & 0x80 ? size_t{3} << ((gif[10] & 7) + 1) : 0);
  while (at + 2 < gif.size() && gif[at] == 0x21) {
    const bool control = gif[at + 1] == 0xf9;
    at += 2;
    if (control && at + 1 < gif.size()) gif[at + 1] &= 0xfe;
    while (at < gif.size() && gif[at] != 0) at += size_t{gif[at]} + 1;
    ++at;
  }
}

bool is_gif(std::span<const uint8_t> bytes) { return bytes.size() >= 6 && std::memcmp(bytes.data(), "GIF8", 4) == 0; }

// Feeds stb_image, which takes what lies beyond the end for zeros; Pillow refuses a file that ends too early, so the
// attempt is noted. stb_image refills its buffer of kRefill bytes, where a short answer is usual, and asks for longer
// runs exactly.
struct StbReader {
  static constexpr int kRefill = 128;
  std::span<const uint8_t> bytes;
  size_t at = 0;
  bool overrun = false;

  static int read(void* user, char* to, int count) {
    auto& r = *static_cast<StbReader*>(user);
    const size_t wanted = static_cast<size_t>(std::max(count, 0)), got = std::min(wanted, r.bytes.size() - r.at);
    r.overrun = r.overrun || (wanted > 0 && got == 0) || (got < wanted && count != kRefill);
    if (got) std::memcpy(to, r.bytes.data() + r.at, got);
    r.at += got;
    return static_cast<int>(got);
  }
  static void skip(void* user, int count) {
    auto& r = *static_cast<StbReader*>(user);
    r.overrun = r.overrun || count > static_cast<int64_t>(r.bytes.size() - r.at);
    const int64_t to = static_cast<int64_t>(r.at) + count;
    r.at = static_cast<size_t>(std::clamp<int64_t>(to, 0, static_cast<int64_t>(r.bytes.size())));
  }
  static int at_end(void* user) {
    const auto& r = *static_cast<StbReader*>(user);
    return r.at == r.bytes.size();
  }
};

constexpr stbi_io_callbacks kStbCallbacks{StbReader::read, StbReader::skip, StbReader::at_end};

void check_decoded(const void* pixels, const StbReader& reader, const ImageFile& file) {
  GLIMPSE_CHECK(pixels && !reader.overrun, "%s: damaged or truncated picture (%s)", file.name.c_str(),
                pixels ? "it ends too early" : stbi_failure_reason());
}

// Pillow clips 16-bit grey to 255 (it keeps the high byte of 16-bit colour, as stb_image does).
Image decode_grey16(const ImageFile& file, int64_t height, int64_t width) {
  int w = 0, h = 0, channels = 0;
  StbReader reader{file.bytes};
  const std::unique_ptr<uint16_t, void (*)(uint16_t*)> grey(
      stbi_load_16_from_callbacks(&kStbCallbacks, &reader, &w, &h, &channels, 1),
      [](uint16_t* p) { stbi_image_free(p); });
  check_decoded(grey.get(), reader, file);
  Image image{height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3))};
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<uint8_t>(std::min<int>(grey.get()[i / 3], 255));
  }
  return image;
}

}  // namespace

Image decode_stb(const ImageFile& file) {
  GLIMPSE_CHECK(file.bytes.size() <= INT32_MAX, "%s: longer than 2 GB", file.name.c_str());
  std::vector<uint8_t> copy;
  StbReader reader{file.bytes};
  if (is_gif(file.bytes) && !file.options.alpha_on_white) {
    copy.assign(file.bytes.begin(), file.bytes.end());
    clear_gif_transparency(copy);
    reader.bytes = copy;
  }
  const uint8_t* data = reader.bytes.data();
  const int size = static_cast<int>(reader.bytes.size());
  int width = 0, height = 0, channels = 0;
  allocation_limit = size_t{1} << 20;  // enough to read any header
  GLIMPSE_CHECK(stbi_info_from_memory(data, size, &width, &height, &channels),
                "%s: not a picture that can be read (JPEG, PNG, GIF, BMP, WebP, AVIF, TIFF, TGA, PSD, PNM, HDR)",
                file.name.c_str());
  check_image_size(width, height, file);
  // Largest honest buffer: 4 channels of 32 bits (HDR), or a zlib stream of 16-bit RGBA rows grown by doubling.
  const size_t count = static_cast<size_t>(width) * static_cast<size_t>(height);
  allocation_limit = count * 32 + file.bytes.size() + (1 << 20);
  if (channels == 1 && stbi_is_16_bit_from_memory(data, size)) return decode_grey16(file, height, width);
  const bool alpha = file.options.alpha_on_white && (channels == 2 || channels == 4);
  const StbPixels pixels(
      stbi_load_from_callbacks(&kStbCallbacks, &reader, &width, &height, &channels, alpha ? 4 : 3),
      [](uint8_t* p) { stbi_image_free(p); });
  check_decoded(pixels.get(), reader, file);
  if (alpha) return drop_alpha(pixels.get(), height, width, true);
  return Image{height, width, std::vector<uint8_t>(pixels.get(), pixels.get() + count * 3)};
}

}  // namespace glimpse
