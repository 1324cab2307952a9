// Glm4vProcessor: chats, texts, pictures and videos to what the model takes (spec 5, 13.5).
#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "model/chat.h"
#include "model/glm4v.h"
#include "model/image_processor.h"
#include "model/tokenizer.h"
#include "model/video_processor.h"

namespace glimpse {

// A path, URL or "-"; frames in memory; or one video that was preprocessed before.
using VideoSource = std::variant<std::string, VideoFrames, std::shared_ptr<const VideoBatch>>;

// The reference's BatchFeature. `prompts` point into the other fields: move it, do not copy parts of it.
struct ProcessorOutput {
  ProcessorOutput() = default;
  ProcessorOutput(ProcessorOutput&&) = default;
  ProcessorOutput& operator=(ProcessorOutput&&) = default;

  EncodedBatch encoded;  // input_ids, attention_mask [B, S], padded on the tokenizer's side
  PixelBatch images;     // pixel_values, image_grid_thw
  PixelBatch videos;     // pixel_values_videos, video_grid_thw
  std::vector<VideoMetadata> video_metadata;
  std::vector<std::string> texts;  // with every placeholder expanded
  std::vector<Prompt> prompts;     // [B], unpadded: what the model takes

  // 1 for every image token, of pictures and videos alike, else 0 (4.57).
  std::vector<std::vector<uint8_t>> mm_token_type_ids() const;

  int32_t image_token_id = 0;
  std::vector<std::vector<float>> mixed;  // pixels of prompts that hold both pictures and videos
};

struct ProcessorOptions {
  ImageProcessorOptions image;
  VideoProcessorOptions video;
  bool fast = false;    // torchvision's arithmetic for pictures instead of Pillow's
  FetchOptions fetch;   // of pictures by URL
  VideoLimits limits;

  // CPU threads of all preprocessing; 0: all this process may use.
  void set_threads(int threads) { image.threads = video.threads = limits.threads = threads; }
};

class Glm4vProcessor {
 public:
  // The tokenizer and the processors' files of a model directory. Throws Error where they do not agree with `config`.
  static Glm4vProcessor from_pretrained(const std::filesystem::path& directory, const Glm4vConfig& config);

  // __call__: each text's placeholders are replaced, pictures and videos counted over all texts. Pictures and videos in
  // one text are taken in the order of their placeholders (an extension, spec 4.5). Throws Error where placeholders and
  // media do not agree, naming which.
  ProcessorOutput operator()(const std::vector<std::string>& texts, std::span<const ImageInput> images = {},
                             std::span<const VideoSource> videos = {}) const;
  // apply_chat_template(tokenize): loads what the chats name; `images` stand, in order, for the items that name
  // nothing. Throws Error where their number is another.
  ProcessorOutput operator()(const std::vector<Chat>& chats, const ChatOptions& chat_options,
                             std::span<const ImageInput> images = {}) const;

  const Tokenizer& tokenizer() const { return tokenizer_; }
  const ProcessorOptions& options() const { return options_; }
  ProcessorOptions& options() { return options_; }

 private:
  Glm4vProcessor(Tokenizer tokenizer, const Glm4vConfig& config)
      : tokenizer_(std::move(tokenizer)), merge_(config.vision.spatial_merge_size),
        image_token_id_(int32_t(config.image_token_id)) {}
  Tokenizer tokenizer_;
  ProcessorOptions options_;
  int64_t merge_;
  int32_t image_token_id_;
};

}  // namespace glimpse
