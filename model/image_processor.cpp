#include "model/image_processor.h"

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

ImageProcessorOptions with_arithmetic(ImageProcessorOptions options, NormaliseArithmetic arithmetic) {
  options.normalise.arithmetic = arithmetic;
  return options;
}

// All temporal slots of a still picture hold the same frame.
template <typename T>
void append_picture(const std::vector<T>& pixels, const PixelSize& size, const ImageProcessorOptions& options,
                    std::vector<T>& out) {
  const PatchShape& shape = options.shape;
  const size_t old = out.size();
  const int64_t patches = (size.height / shape.patch) * (size.width / shape.patch);
  out.resize(old + static_cast<size_t>(patches * shape.columns()));
  place_frame(pixels.data(), size.height, size.width, 0, 0, shape.temporal, shape, out.data() + old, options.threads);
}

}  // namespace

Glm4vImageProcessor::Glm4vImageProcessor(const ImageProcessorOptions& options)
    : Glm4vImageProcessor(options, ResizeArithmetic::kPillow, NormaliseArithmetic::kNumpy) {}

Glm4vImageProcessor::Glm4vImageProcessor(const ImageProcessorOptions& options, ResizeArithmetic resize,
                                         NormaliseArithmetic normalise)
    : options_(with_arithmetic(options, normalise)), resize_(resize) {}

Glm4vImageProcessorFast::Glm4vImageProcessorFast(const ImageProcessorOptions& options)
    : Glm4vImageProcessor(options, ResizeArithmetic::kTorchvision, NormaliseArithmetic::kTorch) {}

PixelSize Glm4vImageProcessor::target_size(int64_t height, int64_t width) const {
  const PatchShape& shape = options_.shape;
  const int64_t factor = shape.patch * shape.merge;
  if (options_.do_resize) {
    return smart_resize(shape.temporal, height, width,
                        {shape.temporal, factor, options_.shortest_edge, options_.longest_edge, options_.small});
  }
  GLIMPSE_CHECK(height % factor == 0 && width % factor == 0,
                "%lldx%lld pixels: without do_resize each side must be a multiple of %lld",
                static_cast<long long>(width), static_cast<long long>(height), static_cast<long long>(factor));
  return {height, width};
}

void Glm4vImageProcessor::add(const ImageInput& input, PixelBatch& batch) const {
  const PatchShape& shape = options_.shape;
  const auto* floats = std::get_if<FloatImage>(&input);
  const auto* bytes = std::get_if<Image>(&input);
  GLIMPSE_CHECK(
      !floats || resize_ == ResizeArithmetic::kPillow,
      "float pictures are not supported by Glm4vImageProcessorFast; give 8-bit ones or use Glm4vImageProcessor");
  const PixelSize size = floats ? target_size(floats->height, floats->width) : target_size(bytes->height, bytes->width);
  const size_t old = batch.patches.size();
  batch.grid_thw.push_back({1, size.height / shape.patch, size.width / shape.patch});
  batch.rows += size.height / shape.patch * (size.width / shape.patch);
  if (floats && !options_.do_resize) {  // taken as they are: no 8-bit form exists
    FloatImage scaled = *floats;
    for (size_t i = 0; i < scaled.pixels.size(); ++i) {
      scaled.pixels[i] = normalise_value(scaled.pixels[i], static_cast<int>(i % 3), options_.normalise);
    }
    append_picture(scaled.pixels, size, options_, batch.pixel_values);
    return;
  }
  bool unit = false;
  const Image quantised = floats ? quantise_floats(*floats, unit) : Image{};
  const Image& picture = floats ? quantised : *bytes;
  const bool same = picture.height == size.height && picture.width == size.width;
  const Image resized = same ? Image{} : resize_bicubic(picture, size.height, size.width, resize_, options_.pass_order,
                                                        options_.threads);
  append_picture(same ? picture.pixels : resized.pixels, size, options_, batch.patches);
  const std::vector<float> table = normalise_table(options_.normalise, unit);
  GLIMPSE_CHECK(batch.table.empty() || batch.table == table,
                "float pictures within 0..1 cannot share a batch with others; preprocess them separately");
  batch.table = table;
  if (!options_.want_pixel_values) return;
  const size_t values = batch.pixel_values.size(), fresh = batch.patches.size() - old;
  batch.pixel_values.resize(values + fresh);
  apply_table(std::span(batch.patches).subspan(old), shape, table, batch.pixel_values.data() + values,
              options_.threads);
}

PixelBatch Glm4vImageProcessor::preprocess(std::span<const ImageInput> images) const {
  PixelBatch batch;
  batch.columns = options_.shape.columns();
  for (size_t i = 0; i < images.size(); ++i) {
    try {
      add(images[i], batch);
    } catch (const Error& error) {
      const Image* image = std::get_if<Image>(&images[i]);
      GLIMPSE_CHECK(!image || image->source.empty(), "%s (picture %zu): %s", image->source.c_str(), i + 1,
                    error.what());
      GLIMPSE_FAIL("picture %zu: %s", i + 1, error.what());
    }
  }
  // Pictures of both kinds: only pixel_values covers all of them.
  if (static_cast<int64_t>(batch.patches.size()) != batch.rows * batch.columns) {
    batch.patches.clear();
    batch.table.clear();
  }
  return batch;
}

PixelBatch Glm4vImageProcessor::preprocess(const Image& image) const {
  const ImageInput input = image;
  return preprocess(std::span(&input, 1));
}

Image Glm4vImageProcessor::load(const std::string& source, const FetchOptions& fetch_options) const {
  ImageOptions options;
  options.alpha_on_white = options_.alpha_on_white;
  options.threads = options_.threads;
  return load_image(source, options, fetch_options);
}

Image Glm4vImageProcessor::from_array(std::span<const uint8_t> values, const std::array<int64_t, 3>& shape) const {
  return image_from_array(values, shape, options_.input_data_format);
}

FloatImage Glm4vImageProcessor::from_array(std::span<const float> values, const std::array<int64_t, 3>& shape) const {
  return image_from_array(values, shape, options_.input_data_format);
}

int64_t Glm4vImageProcessor::get_number_of_image_patches(int64_t height, int64_t width) const {
  const PixelSize size = target_size(height, width);
  return size.height / options_.shape.patch * (size.width / options_.shape.patch);
}

MultimodalTokens num_image_tokens(const Glm4vImageProcessor& processor, std::span<const PixelSize> sizes) {
  MultimodalTokens result;
  const int64_t merge = processor.options().shape.merge;
  for (const PixelSize& size : sizes) {
    result.patches.push_back(processor.get_number_of_image_patches(size.height, size.width));
    result.tokens.push_back(result.patches.back() / (merge * merge));
  }
  return result;
}

}  // namespace glimpse
