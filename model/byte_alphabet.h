#pragma once

#include <string>
#include <string_view>

namespace glimpse {

/// GPT-2's alphabet: every byte is written as one printable character, so that a vocabulary is text (spec 6).
/// The UTF-8 spelling of raw bytes ("\n" is "Ċ").
std::string spell_bytes(std::string_view bytes);
/// The character of the alphabet for one byte.
char32_t spelling_of(unsigned char byte);
/// The bytes a spelled token stands for; the token itself when it has a character outside the alphabet, as the
/// reference decodes it.
std::string bytes_of_spelling(std::string_view token);

}  // namespace glimpse
