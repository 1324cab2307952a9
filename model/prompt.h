#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"
#include "model/tokenizer.h"
#include "model/vision.h"

namespace glimpse {

/// A video as the prompt sees it: its grid, and the second (frame_seconds) printed behind each of its `grid.t` frames.
struct VideoPrompt {
  Grid grid;
  std::vector<std::int64_t> seconds;
};

/// Replaces the placeholders of one or more prompts, left to right, pictures and videos counted over all prompts
/// (spec 4.4, 5.2). With neither pictures nor videos the placeholders stay, as in the reference.
class PlaceholderExpander {
 public:
  /// `merge_size`: patches of a side that become one token, 2.
  PlaceholderExpander(std::span<const Grid> images, std::span<const VideoPrompt> videos, std::int64_t merge_size);

  /// Errors: more placeholders than pictures or videos; a placeholder typed into a text counts.
  std::string expand(std::string_view prompt);
  /// Errors: pictures or videos that no placeholder took.
  void finish() const;

 private:
  std::int64_t tokens_of(const Grid& grid, const char* what) const;

  std::span<const Grid> images_;
  std::span<const VideoPrompt> videos_;
  std::int64_t merge_size_;
  std::size_t next_image_ = 0, next_video_ = 0;
};

/// Checks that tokenizer.json has the tokens which the prompt is made of, that their ids are those of config.json, and
/// that no id exceeds the vocabulary. Errors name the token.
void check_tokenizer(const Tokenizer& tokenizer, const Glm4vConfig& config);

}  // namespace glimpse
