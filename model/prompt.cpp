#include "model/prompt.h"

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

constexpr std::string_view kImage = "<|image|>", kVideo = "<|video|>";
constexpr std::string_view kBegin = "<|begin_of_image|>", kEnd = "<|end_of_image|>";

void append_images(std::string& out, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) out += kImage;
}

}  // namespace

PlaceholderExpander::PlaceholderExpander(std::span<const Grid> images, std::span<const VideoPrompt> videos,
                                         std::int64_t merge_size)
    : images_(images), videos_(videos), merge_size_(merge_size) {
  GLIMPSE_CHECK(merge_size >= 1, "merge_size must be positive, is %lld", static_cast<long long>(merge_size));
}

std::int64_t PlaceholderExpander::tokens_of(const Grid& grid, const char* what) const {
  constexpr std::int64_t kMaxSide = 1 << 20;
  const bool sane = grid.t >= 1 && grid.h >= 1 && grid.w >= 1 && grid.h <= kMaxSide && grid.w <= kMaxSide;
  GLIMPSE_CHECK(sane && grid.h % merge_size_ == 0 && grid.w % merge_size_ == 0,
                "the grid of a %s is %lld x %lld x %lld patches; height and width must be multiples of %lld", what,
                static_cast<long long>(grid.t), static_cast<long long>(grid.h), static_cast<long long>(grid.w),
                static_cast<long long>(merge_size_));
  return grid.h / merge_size_ * (grid.w / merge_size_);
}

std::string PlaceholderExpander::expand(std::string_view prompt) {
  if (images_.empty() && videos_.empty()) return std::string(prompt);
  std::string out;
  for (std::size_t at = 0; at < prompt.size();) {
    const std::string_view rest = prompt.substr(at);
    if (rest.starts_with(kImage) && !images_.empty()) {
      GLIMPSE_CHECK(
          next_image_ < images_.size(),
          "the prompt has more than %zu picture placeholders, but %zu pictures are given (a typed <|image|> counts)",
          images_.size(), images_.size());
      const Grid& grid = images_[next_image_++];
      append_images(out, grid.t * tokens_of(grid, "picture"));
      at += kImage.size();
    } else if (rest.starts_with(kVideo) && !videos_.empty()) {
      GLIMPSE_CHECK(
          next_video_ < videos_.size(),
          "the prompt has more than %zu video placeholders, but %zu videos are given (a typed <|video|> counts)",
          videos_.size(), videos_.size());
      const VideoPrompt& video = videos_[next_video_++];
      const std::int64_t tokens = tokens_of(video.grid, "video");
      GLIMPSE_CHECK(static_cast<std::int64_t>(video.seconds.size()) == video.grid.t,
                    "a video of %lld temporal patches has %zu time stamps", static_cast<long long>(video.grid.t),
                    video.seconds.size());
      for (const std::int64_t second : video.seconds) {
        out += kBegin;
        append_images(out, tokens);
        (out += kEnd) += std::to_string(second);
      }
      at += kVideo.size();
    } else {
      out += prompt[at++];
    }
  }
  return out;
}

void PlaceholderExpander::finish() const {
  GLIMPSE_CHECK(next_image_ == images_.size(), "%zu pictures are given, but the prompt has %zu picture placeholders",
                images_.size(), next_image_);
  GLIMPSE_CHECK(next_video_ == videos_.size(), "%zu videos are given, but the prompt has %zu video placeholders",
                videos_.size(), next_video_);
}

void check_tokenizer(const Tokenizer& tokenizer, const Glm4vConfig& config) {
  for (const char* token : {"[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>"})
    tokenizer.required_id(token);
  const struct {
    const char* token;
    const char* field;
    std::int64_t id;
  } rows[] = {{"<|image|>", "image_token_id", config.image_token_id},
              {"<|video|>", "video_token_id", config.video_token_id},
              {"<|begin_of_image|>", "image_start_token_id", config.image_start_token_id},
              {"<|end_of_image|>", "image_end_token_id", config.image_end_token_id},
              {"<|begin_of_video|>", "video_start_token_id", config.video_start_token_id},
              {"<|end_of_video|>", "video_end_token_id", config.video_end_token_id}};
  for (const auto& row : rows) {
    GLIMPSE_CHECK(tokenizer.required_id(row.token) == row.id,
                  "config.json: %s is %lld, but %s has the id %d in tokenizer.json; the files are of different models",
                  row.field, static_cast<long long>(row.id), row.token, tokenizer.required_id(row.token));
  }
  GLIMPSE_CHECK(tokenizer.size() <= config.text.vocab_size,
                "tokenizer.json has ids up to %lld, config.json: vocab_size is %lld; the files are of different models",
                static_cast<long long>(tokenizer.size() - 1), static_cast<long long>(config.text.vocab_size));
}

}  // namespace glimpse
