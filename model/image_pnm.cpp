// PBM, PGM and PPM (P1 to P6) as Pillow reads them: samples scaled from any maxval, plain text or binary.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "glimpse/core/error.h"
#include "model/image_codec.h"

namespace glimpse {
namespace {

// Whitespace, tokens and comments (from # to the end of the line) of a PNM file.
struct PnmReader {
  const ImageFile& file;
  size_t at = 2;  // behind the magic

  bool skip_blank() {
    const auto bytes = file.bytes;
    for (; at < bytes.size(); ++at) {
      if (bytes[at] == '#') {
        while (at < bytes.size() && bytes[at] != '\n' && bytes[at] != '\r') ++at;
      } else if (!std::strchr(" \t\n\v\f\r", bytes[at]) || bytes[at] == 0) {
        return true;
      }
    }
    return false;
  }

  // A decimal number of at most `most`, what the file calls `what`.
  int64_t number(const char* what, int64_t most) {
    const bool any = skip_blank();
    int64_t value = 0;
    const size_t first = at;
    for (; any && at < file.bytes.size() && file.bytes[at] >= '0' && file.bytes[at] <= '9'; ++at) {
      value = value * 10 + (file.bytes[at] - '0');
      GLIMPSE_CHECK(value <= most, "%s: damaged picture (%s is more than %lld); save it again as PNG",
                    file.name.c_str(), what, static_cast<long long>(most));
    }
    GLIMPSE_CHECK(at > first, "%s: damaged or truncated picture (%s is missing); save it again as PNG",
                  file.name.c_str(), what);
    return value;
  }

  std::span<const uint8_t> rest(size_t bytes) const {
    GLIMPSE_CHECK(bytes <= file.bytes.size() - std::min(at, file.bytes.size()),
                  "%s: damaged or truncated picture (it ends too early); fetch it again", file.name.c_str());
    return file.bytes.subspan(at, bytes);
  }
};

// The level 0..255 of each sample value 0..maxval. Pillow divides, multiplies and rounds half to even in double, to 8
// bits; grey of more than 8 bits becomes 16 bits first, of which the conversion to RGB keeps what is below 256.
std::vector<uint8_t> pillow_levels(int64_t maxval, bool grey) {
  const double most = grey && maxval > 255 ? 65535 : 255;
  std::vector<uint8_t> levels(static_cast<size_t>(maxval) + 1);
  for (size_t v = 0; v < levels.size(); ++v) {
    const double level = std::nearbyint(static_cast<double>(v) / static_cast<double>(maxval) * most);
    levels[v] = static_cast<uint8_t>(std::min(level, 255.0));
  }
  return levels;
}

// P1 and P4: 1 is black. A binary row fills whole bytes, a plain digit need not be followed by a blank.
void read_bits(PnmReader& in, bool plain, int64_t width, int64_t height, uint8_t* out) {
  const int64_t stride = (width + 7) / 8;
  const std::span<const uint8_t> bits = plain ? std::span<const uint8_t>() : in.rest(size_t(stride * height));
  for (int64_t i = 0; i < width * height; ++i) {
    bool black = false;
    if (plain) {
      const uint8_t digit = in.skip_blank() ? in.file.bytes[in.at++] : 0;
      GLIMPSE_CHECK(digit == '0' || digit == '1',
                    "%s: damaged or truncated picture (0 or 1 is missing); fetch it again", in.file.name.c_str());
      black = digit == '1';
    } else {
      black = bits[size_t(i / width * stride + i % width / 8)] >> (7 - i % width % 8) & 1;
    }
    std::memset(out + i * 3, black ? 0 : 255, 3);
  }
}

}  // namespace

Image decode_pnm(const ImageFile& file) {
  const int kind = file.bytes[1] - '0';
  const bool plain = kind <= 3;
  const int64_t channels = kind % 3 == 0 ? 3 : 1;
  PnmReader in{file};
  const int64_t width = in.number("the width", INT32_MAX), height = in.number("the height", INT32_MAX);
  check_image_size(width, height, file);
  const bool bits = kind % 3 == 1;
  const int64_t maxval = bits ? 1 : in.number("the largest sample value", 65535);
  GLIMPSE_CHECK(maxval > 0, "%s: damaged picture (its largest sample value is 0); save it again as PNG",
                file.name.c_str());
  if (!plain) in.rest(1), ++in.at;  // one blank ends the header
  const int64_t samples = width * height * channels, bytes = maxval > 255 ? 2 : 1;
  // Checked before the pixels are allocated: a plain sample takes a digit and, but for bits, a blank.
  const int64_t least = !plain ? bits ? (width + 7) / 8 * height : samples * bytes : bits ? samples : samples * 2 - 1;
  in.rest(static_cast<size_t>(least));
  Image image{height, width, std::vector<uint8_t>(static_cast<size_t>(width * height * 3))};
  uint8_t* out = image.pixels.data();
  if (bits) {
    read_bits(in, plain, width, height, out);
    return image;
  }
  const std::vector<uint8_t> levels = pillow_levels(maxval, channels == 1);
  const uint8_t* from = plain ? nullptr : in.rest(static_cast<size_t>(samples * bytes)).data();
  for (int64_t i = 0; i < samples; ++i) {
    const int64_t stored = plain        ? in.number("a sample", maxval)
                           : bytes == 1 ? from[i]
                                        : from[2 * i] << 8 | from[2 * i + 1];
    const uint8_t level = levels[static_cast<size_t>(std::min(stored, maxval))];
    if (channels == 3) out[i] = level;
    else std::memset(out + i * 3, level, 3);
  }
  return image;
}

}  // namespace glimpse
