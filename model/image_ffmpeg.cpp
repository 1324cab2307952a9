// WebP, AVIF, TIFF and PAM: the first frame as FFmpeg decodes it.
extern "C" {
#include <libavutil/frame.h>
}

#include "glimpse/core/error.h"
#include "model/image_codec.h"
#include "model/video_input.h"

namespace glimpse {

Image decode_ffmpeg(const ImageFile& file) {
  VideoInput input(file.bytes, file.name, file.options.max_pixels, file.options.threads);
  const AVFrame* frame = input.next_frame();
  GLIMPSE_CHECK(frame, "%s: damaged or truncated picture", file.name.c_str());
  const int64_t height = frame->height, width = frame->width;
  check_image_size(width, height, file);
  if (!file.options.alpha_on_white) {
    Image image{height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3))};
    frame_to_rgb(frame, height, width, 3, image.pixels.data(), file.name);
    return image;
  }
  std::vector<uint8_t> rgba(static_cast<size_t>(height * width * 4));
  frame_to_rgb(frame, height, width, 4, rgba.data(), file.name);
  return drop_alpha(rgba.data(), height, width, true);
}

}  // namespace glimpse
