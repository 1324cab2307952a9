#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/regex.h"

namespace glimpse {

/// A token outside the merges (spec 6.1, 6.2), with the reference's options of matching.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool special = false;      ///< dropped by skip_special_tokens
  bool single_word = false;  ///< only where no word character touches it
  bool lstrip = false;       ///< takes the white space before it along
  bool rstrip = false;       ///< and behind it
  bool normalized = false;   ///< searched in a second pass, in what the first leaves
};

/// A piece of text: an added token, or text to be split and merged (`id` < 0).
struct TextPiece {
  std::string_view text;
  std::int32_t id = -1;
};

/// Cuts added tokens out of text: leftmost first, of those the longest.
class AddedTokens {
 public:
  AddedTokens();
  /// Empty contents are ignored, as in the reference.
  void add(AddedToken token);
  const std::vector<AddedToken>& all() const { return tokens_; }
  std::vector<TextPiece> split(std::string_view text) const;

 private:
  void split_pass(std::string_view text, bool normalized, std::vector<TextPiece>& out) const;
  const AddedToken* longest_at(std::string_view text, std::size_t at, bool normalized) const;
  bool touches_word(std::string_view text, std::size_t begin, std::size_t end) const;

  std::vector<AddedToken> tokens_;
  std::array<std::vector<std::size_t>, 256> by_first_byte_;  // longest first
  Regex word_;
};

}  // namespace glimpse
