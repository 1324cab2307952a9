#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace glimpse {

/// Length of the valid UTF-8 character at the start of `text`; 0 when invalid, and then `*invalid` is the length of the
/// maximal piece to be replaced by one U+FFFD (Unicode 3.9, substitution of maximal subparts). `*cut` tells that the
/// piece would still be valid with more bytes behind it. `text` must not be empty.
struct Utf8Character {
  int length = 0;
  int invalid = 0;
  bool cut = false;
  char32_t value = 0;
};
Utf8Character first_character(std::string_view text);

/// Appends the UTF-8 form of `value`.
void append_utf8(std::string& out, char32_t value);

/// `bytes` with every maximal invalid piece replaced by U+FFFD.
std::string to_valid_utf8(std::string_view bytes);

/// Length of the prefix whose replacement cannot change when more bytes follow: all but an unfinished last character.
std::size_t complete_utf8_prefix(std::string_view bytes);

}  // namespace glimpse
