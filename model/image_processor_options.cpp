// preprocessor_config.json and the keywords of preprocess(), by the reference's names.
#include <set>
#include <string>

#include "glimpse/core/error.h"
#include "model/image_processor.h"
#include "model/image_processor_fields.h"

namespace glimpse {
namespace {

constexpr double kHuge = 1e12;
constexpr int64_t kMostPixels = int64_t{1} << 40, kLargestPatch = 512;
constexpr int kBicubic = 3;  // PIL's number

void read_triple(const JsonObject& fields, const char* key, double low, std::array<double, 3>& out) {
  const std::vector<double> values = fields.numbers(key, low, kHuge, 3);
  for (size_t c = 0; c < values.size(); ++c) out[c] = values[c];
}

void check_resample(const JsonObject& fields, const char* key) {
  const Json* value = fields.find(key);
  GLIMPSE_CHECK(!value || *value == kBicubic || *value == "bicubic",
                "%s: only bicubic (3) is supported, which the model was trained with", fields.name_of(key).c_str());
}

}  // namespace

void read_size(const JsonObject& fields, int64_t& shortest_edge, int64_t& longest_edge) {
  const auto size = fields.object("size");
  if (!size) return;
  GLIMPSE_CHECK(size->has("shortest_edge") && size->has("longest_edge"),
                "%s: must contain both shortest_edge and longest_edge", fields.name_of("size").c_str());
  shortest_edge = size->integer("shortest_edge", shortest_edge, 1, kMostPixels);
  longest_edge = size->integer("longest_edge", longest_edge, 1, kMostPixels);
}

ChannelLayout read_layout(const JsonObject& fields, ChannelLayout fallback) {
  if (!fields.has("input_data_format")) return fallback;
  const std::string text = fields.string("input_data_format", "");
  GLIMPSE_CHECK(text == "channels_first" || text == "channels_last", "%s: must be channels_first or channels_last",
                fields.name_of("input_data_format").c_str());
  return text == "channels_first" ? ChannelLayout::kFirst : ChannelLayout::kLast;
}

void check_convert_rgb(const JsonObject& fields) { fields.boolean("do_convert_rgb", true); }

void read_pixel_fields(const JsonObject& fields, Normalise& normalise, PatchShape& shape) {
  normalise.rescale = fields.boolean("do_rescale", normalise.rescale);
  normalise.factor = fields.number("rescale_factor", normalise.factor, 1e-9, kHuge);
  normalise.normalise = fields.boolean("do_normalize", normalise.normalise);
  read_triple(fields, "image_mean", -kHuge, normalise.mean);
  read_triple(fields, "image_std", 1e-9, normalise.std);
  shape.patch = fields.integer("patch_size", shape.patch, 1, kLargestPatch);
  shape.temporal = fields.integer("temporal_patch_size", shape.temporal, 1, 64);
  shape.merge = fields.integer("merge_size", shape.merge, 1, 64);
  check_resample(fields, "resample");
  check_resample(fields, "interpolation");
}

void check_output_keywords(const JsonObject& fields) {
  const std::string tensors = fields.string("return_tensors", "np");
  GLIMPSE_CHECK(tensors == "np" || tensors == "pt", "%s: \"%s\" is not supported; results are plain float32 arrays",
                fields.name_of("return_tensors").c_str(), tensors.c_str());
  const std::string format = fields.string("data_format", "channels_first");
  GLIMPSE_CHECK(format == "channels_first", "%s: only channels_first is supported, which patches need",
                fields.name_of("data_format").c_str());
  const std::string device = fields.string("device", "cpu");
  GLIMPSE_CHECK(device == "cpu", "%s: only cpu is supported, whose 8-bit arithmetic the model's pixels come from",
                fields.name_of("device").c_str());
}

void check_names(const JsonObject& keywords, const std::set<std::string>& known, const char* who) {
  for (const auto& item : keywords.value().items()) {
    GLIMPSE_CHECK(known.count(item.key()), "%s: not a keyword of %s; see model/README.md for the list",
                  keywords.name_of(item.key()).c_str(), who);
  }
}

ImageProcessorOptions image_processor_options(const JsonObject& config) {
  ImageProcessorOptions options;
  options.do_resize = config.boolean("do_resize", options.do_resize);
  check_convert_rgb(config);
  read_size(config, options.shortest_edge, options.longest_edge);
  read_pixel_fields(config, options.normalise, options.shape);
  options.input_data_format = read_layout(config, options.input_data_format);
  return options;
}

ImageProcessorOptions with_image_keywords(ImageProcessorOptions options, const Json& keywords) {
  const JsonObject fields(keywords, "preprocess: ");
  check_names(fields,
              {"do_resize", "size", "resample", "interpolation", "do_rescale", "rescale_factor", "do_normalize",
               "image_mean", "image_std", "patch_size", "temporal_patch_size", "merge_size", "do_convert_rgb",
               "return_tensors", "data_format", "input_data_format", "device", "disable_grouping", "videos"},
              "Glm4vImageProcessor.preprocess");
  GLIMPSE_CHECK(!fields.has("videos"), "preprocess: videos: use Glm4vVideoProcessor");
  check_output_keywords(fields);
  fields.boolean("disable_grouping", false);  // pictures are never grouped here; either value gives the same result
  options.do_resize = fields.boolean("do_resize", options.do_resize);
  check_convert_rgb(fields);
  read_size(fields, options.shortest_edge, options.longest_edge);
  read_pixel_fields(fields, options.normalise, options.shape);
  options.input_data_format = read_layout(fields, options.input_data_format);
  return options;
}

}  // namespace glimpse
