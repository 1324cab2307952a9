// JPEG with the settings Pillow uses (slow integer DCT, fancy upsampling), so that pixels are equal bit for bit.
#include <cstddef>
#include <cstdio>

#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>

#include "glimpse/core/error.h"
#include "model/image_codec.h"

namespace glimpse {
namespace {

// A progressive file of a few kB may ask for thousands of passes over a huge picture. Encoders write about ten scans;
// up to 500, libjpeg-turbo's own limit, are decoded while they pass over no more than 500 pictures of a megapixel.
constexpr int64_t kMaxScans = 500, kMinScans = 32, kScannedPixels = kMaxScans << 20;

// libjpeg reports through C callbacks, which must not throw: they jump back to decode_jpeg, which throws.
struct JpegErrors {
  jpeg_error_mgr base;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

void fail_jump(j_common_ptr info) {
  auto* errors = reinterpret_cast<JpegErrors*>(info->err);
  errors->base.format_message(info, errors->message);
  std::longjmp(errors->jump, 1);
}

// Damaged entropy data is decoded as well as it can be, as Pillow does; a file that ends too early is refused.
void on_message(j_common_ptr info, int level) {
  if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF) fail_jump(info);
}

void limit_scans(j_common_ptr info) {
  auto* decoder = reinterpret_cast<j_decompress_ptr>(info);
  const int64_t pixels = int64_t{decoder->image_width} * decoder->image_height;
  const int64_t allowed = pixels > 0 ? std::clamp(kScannedPixels / pixels, kMinScans, kMaxScans) : kMaxScans;
  if (decoder->input_scan_number > allowed) {
    std::snprintf(reinterpret_cast<JpegErrors*>(info->err)->message, JMSG_LENGTH_MAX,
                  "more than %d scans of %lld pixels; save it again as a baseline JPEG", static_cast<int>(allowed),
                  static_cast<long long>(pixels));
    std::longjmp(reinterpret_cast<JpegErrors*>(info->err)->jump, 1);
  }
}

struct JpegDecoder {
  jpeg_decompress_struct info{};
  JpegErrors errors{};
  jpeg_progress_mgr progress{};
  JpegDecoder() {
    info.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = fail_jump;
    errors.base.emit_message = on_message;
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
};

// False after an error, with the message in errors.message. Holds no object with a destructor: longjmp would skip it.
bool read_header(JpegDecoder& decoder, std::span<const uint8_t> bytes) {
  if (setjmp(decoder.errors.jump)) return false;
  jpeg_create_decompress(&decoder.info);
  decoder.progress.progress_monitor = limit_scans;
  decoder.info.progress = &decoder.progress;
  jpeg_mem_src(&decoder.info, bytes.data(), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&decoder.info, TRUE);
  decoder.info.out_color_space = decoder.info.num_components == 4   ? JCS_CMYK
                                 : decoder.info.num_components == 1 ? JCS_GRAYSCALE
                                                                    : JCS_RGB;
  return true;
}

bool read_rows(JpegDecoder& decoder, uint8_t* rows, size_t stride) {
  if (setjmp(decoder.errors.jump)) return false;
  jpeg_start_decompress(&decoder.info);
  while (decoder.info.output_scanline < decoder.info.output_height) {
    JSAMPROW row = rows + stride * decoder.info.output_scanline;
    jpeg_read_scanlines(&decoder.info, &row, 1);
  }
  jpeg_finish_decompress(&decoder.info);
  return true;
}

// Stored inverted, as Adobe's programs write it and Pillow assumes: ink c, m, y, k are the complements. Pillow's
// rounding.
void cmyk_to_rgb(const uint8_t* cmyk, uint8_t* rgb, int64_t count) {
  for (int64_t i = 0; i < count; ++i, cmyk += 4, rgb += 3) {
    const int paper = cmyk[3];
    for (int c = 0; c < 3; ++c) {
      const int t = (255 - cmyk[c]) * paper + 128;
      const int ink = paper - (((t >> 8) + t) >> 8);
      rgb[c] = static_cast<uint8_t>(ink < 0 ? 0 : ink);
    }
  }
}

}  // namespace

Image decode_jpeg(const ImageFile& file) {
  JpegDecoder decoder;
  GLIMPSE_CHECK(read_header(decoder, file.bytes), "%s: damaged or truncated JPEG (%s)", file.name.c_str(),
                decoder.errors.message);
  const int64_t width = decoder.info.image_width, height = decoder.info.image_height, count = width * height;
  check_image_size(width, height, file);
  const int components = decoder.info.num_components;
  GLIMPSE_CHECK(components == 1 || components == 3 || components == 4,
                "%s: a JPEG with %d components is not supported; convert it to RGB", file.name.c_str(), components);
  std::vector<uint8_t> stored(static_cast<size_t>(count * components));
  GLIMPSE_CHECK(read_rows(decoder, stored.data(), static_cast<size_t>(width * components)),
                "%s: damaged or truncated JPEG (%s)", file.name.c_str(), decoder.errors.message);
  if (components == 3) return Image{height, width, std::move(stored)};
  Image image{height, width, std::vector<uint8_t>(static_cast<size_t>(count * 3))};
  if (components == 4) {
    cmyk_to_rgb(stored.data(), image.pixels.data(), count);
  } else {
    for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = stored[i / 3];
  }
  return image;
}

}  // namespace glimpse
