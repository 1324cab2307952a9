// Glm4vImageProcessor and Glm4vImageProcessorFast: pictures to patches (spec 3, 13.2, 13.3).
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "model/image.h"
#include "model/image_array.h"
#include "model/image_patches.h"
#include "model/json.h"
#include "model/resize.h"
#include "model/resize_target.h"

namespace glimpse {

// Every field has the reference's name where the reference has it; defaults are those of its classes.
struct ImageProcessorOptions {
  bool do_resize = true;
  int64_t shortest_edge = 112 * 112;       // size.shortest_edge: fewest pixels, two frames counted
  int64_t longest_edge = 28 * 28 * 15000;  // size.longest_edge: most pixels, two frames counted
  Normalise normalise;                     // do_rescale, rescale_factor, do_normalize, image_mean, image_std
  PatchShape shape;                        // patch_size, temporal_patch_size, merge_size
  ChannelLayout input_data_format = ChannelLayout::kInfer;  // of the arrays given to from_array
  // Choices between versions of the reference.
  PassOrder pass_order = PassOrder::kPillow13;          // Glm4vImageProcessor only
  SmallPictures small = SmallPictures::kRefuse;
  bool alpha_on_white = false;                          // for load(): 5.x
  bool want_pixel_values = true;                        // false: `patches` and `table` only
  int threads = 0;                                      // 0: all this process may use
};

// Fields of preprocessor_config.json (or of the object "image_processor"); unknown keys and nulls are ignored
// (spec 1.5).
ImageProcessorOptions image_processor_options(const JsonObject& config);

// Keywords of a preprocess() call on top of `options`. Every keyword of spec 13.2 and 13.3 is taken or refused by its
// name; any other name is an error.
ImageProcessorOptions with_image_keywords(ImageProcessorOptions options, const Json& keywords);

using ImageInput = std::variant<Image, FloatImage>;

class Glm4vImageProcessor {
 public:
  explicit Glm4vImageProcessor(const ImageProcessorOptions& options = {});

  // pixel_values [sum of gh * gw, columns], grid_thw [pictures] = (1, gh, gw). Throws Error naming the picture, by its
  // file where it came from one.
  PixelBatch preprocess(std::span<const ImageInput> images) const;
  PixelBatch preprocess(const Image& image) const;

  // Opens a path, URL, data: URI, base64 text or "-" with this processor's options (spec 13.2 `images`).
  Image load(const std::string& source, const FetchOptions& fetch_options = {}) const;

  // A picture of an array in memory, [H, W, 3] or [3, H, W], laid out as input_data_format says (spec 3.1 step 2).
  Image from_array(std::span<const uint8_t> values, const std::array<int64_t, 3>& shape) const;
  FloatImage from_array(std::span<const float> values, const std::array<int64_t, 3>& shape) const;

  // Patches (gh * gw) of a picture of this size; tokens are a merge_size^2-th of it. Throws as smart_resize does.
  int64_t get_number_of_image_patches(int64_t height, int64_t width) const;

  const ImageProcessorOptions& options() const { return options_; }

 protected:
  Glm4vImageProcessor(const ImageProcessorOptions& options, ResizeArithmetic resize, NormaliseArithmetic normalise);

 private:
  PixelSize target_size(int64_t height, int64_t width) const;
  void add(const ImageInput& input, PixelBatch& batch) const;

  ImageProcessorOptions options_;
  ResizeArithmetic resize_;
};

// torchvision's arithmetic. Float pictures are refused: torchvision resizes those without rounding.
class Glm4vImageProcessorFast : public Glm4vImageProcessor {
 public:
  explicit Glm4vImageProcessorFast(const ImageProcessorOptions& options = {});
};

struct MultimodalTokens {
  std::vector<int64_t> patches;
  std::vector<int64_t> tokens;
};

// _get_num_multimodal_tokens for pictures, with the configured size (5.x; 4.57 ignores it).
MultimodalTokens num_image_tokens(const Glm4vImageProcessor& processor, std::span<const PixelSize> sizes);

}  // namespace glimpse
