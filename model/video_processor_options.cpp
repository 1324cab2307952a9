// video_preprocessor_config.json and the keywords of preprocess(), by the reference's names.
#include "glimpse/core/error.h"
#include "model/image_processor_fields.h"
#include "model/video_processor.h"

namespace glimpse {
namespace {

void read_fields(const JsonObject& fields, VideoProcessorOptions& options) {
  options.do_resize = fields.boolean("do_resize", options.do_resize);
  options.do_sample_frames = fields.boolean("do_sample_frames", options.do_sample_frames);
  options.fps = fields.number("fps", options.fps, 1e-6, 1e4);
  options.max_duration = fields.number("max_duration", options.max_duration, 1e-6, 1e6);
  read_size(fields, options.shortest_edge, options.longest_edge);
  read_pixel_fields(fields, options.normalise, options.shape);
  check_convert_rgb(fields);
  options.input_data_format = read_layout(fields, options.input_data_format);
}

}  // namespace

VideoProcessorOptions video_processor_options(const JsonObject& config) {
  VideoProcessorOptions options;
  read_fields(config, options);
  return options;
}

VideoProcessorOptions with_video_keywords(VideoProcessorOptions options, const Json& keywords) {
  const JsonObject fields(keywords, "preprocess: ");
  check_names(fields,
              {"do_convert_rgb", "do_resize", "size", "resample", "interpolation", "do_rescale", "rescale_factor",
               "do_normalize", "image_mean", "image_std", "patch_size", "temporal_patch_size", "merge_size",
               "max_image_size", "do_sample_frames", "fps", "num_frames", "max_duration", "video_metadata", "device",
               "return_metadata", "input_data_format", "return_tensors", "data_format"},
              "Glm4vVideoProcessor.preprocess");
  GLIMPSE_CHECK(!fields.has("video_metadata"), "preprocess: video_metadata: set VideoFrames::metadata instead");
  check_output_keywords(fields);
  read_fields(fields, options);
  return options;
}

}  // namespace glimpse
