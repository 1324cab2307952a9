#include "model/exif.h"

#include <cstring>

namespace glimpse {
namespace {

using Bytes = std::span<const uint8_t>;

bool has_at(Bytes bytes, size_t offset, const char* text, size_t length) {
  return offset <= bytes.size() && length <= bytes.size() - offset &&
         std::memcmp(bytes.data() + offset, text, length) == 0;
}

uint32_t big32(Bytes b, size_t i) {
  return uint32_t{b[i]} << 24 | uint32_t{b[i + 1]} << 16 | uint32_t{b[i + 2]} << 8 | b[i + 3];
}

uint32_t little32(Bytes b, size_t i) {
  return uint32_t{b[i + 3]} << 24 | uint32_t{b[i + 2]} << 16 | uint32_t{b[i + 1]} << 8 | b[i];
}

// A TIFF structure: "II" or "MM", 42, offset of the first directory; entries of 12 bytes: tag, type, count, value.
int tiff_orientation(Bytes tiff) {
  constexpr uint32_t kOrientation = 0x0112, kShort = 3;
  if (tiff.size() < 8) return 1;
  const bool little = tiff[0] == 'I' && tiff[1] == 'I';
  if (!little && !(tiff[0] == 'M' && tiff[1] == 'M')) return 1;
  const auto read16 = [&](size_t i) -> uint32_t {
    return little ? tiff[i] | uint32_t{tiff[i + 1]} << 8 : uint32_t{tiff[i]} << 8 | tiff[i + 1];
  };
  const size_t directory = little ? little32(tiff, 4) : big32(tiff, 4);
  if (read16(2) != 42 || directory > tiff.size() - 2) return 1;
  const size_t entries = read16(directory);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.size()) return 1;
    if (read16(entry) != kOrientation) continue;
    const uint32_t value = read16(entry + 8);
    return read16(entry + 2) == kShort && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

int jpeg_orientation(Bytes file) {
  size_t at = 2;
  while (at + 4 <= file.size() && file[at] == 0xff) {
    const uint8_t marker = file[at + 1];
    if (marker == 0xff) {  // fill byte
      ++at;
      continue;
    }
    if (marker == 0xda || marker == 0xd9) return 1;  // the picture data begins
    const size_t length = size_t{file[at + 2]} << 8 | file[at + 3];
    if (length < 2 || length > file.size() - at - 2) return 1;
    if (marker == 0xe1 && length >= 8 && has_at(file, at + 4, "Exif\0\0", 6)) {
      return tiff_orientation(file.subspan(at + 10, length - 8));
    }
    at += 2 + length;
  }
  return 1;
}

int png_orientation(Bytes file) {
  for (size_t at = 8; at + 12 <= file.size();) {
    const size_t length = big32(file, at);
    if (length > file.size() - at - 12) return 1;
    if (has_at(file, at + 4, "eXIf", 4)) return tiff_orientation(file.subspan(at + 8, length));
    at += 12 + length;
  }
  return 1;
}

int webp_orientation(Bytes file) {
  for (size_t at = 12; at + 8 <= file.size();) {
    const size_t length = little32(file, at + 4);
    if (length > file.size() - at - 8) return 1;
    if (has_at(file, at, "EXIF", 4)) {
      const Bytes chunk = file.subspan(at + 8, length);
      return tiff_orientation(has_at(chunk, 0, "Exif\0\0", 6) ? chunk.subspan(6) : chunk);
    }
    at += 8 + length + (length & 1);
  }
  return 1;
}

}  // namespace

int exif_orientation(Bytes file) {
  if (has_at(file, 0, "\xff\xd8", 2)) return jpeg_orientation(file);
  if (has_at(file, 0, "\x89PNG\r\n\x1a\n", 8)) return png_orientation(file);
  if (has_at(file, 0, "RIFF", 4) && has_at(file, 8, "WEBP", 4)) return webp_orientation(file);
  return tiff_orientation(file);
}

}  // namespace glimpse
