#include "model/byte_alphabet.h"

#include <array>

#include "model/unicode.h"

namespace glimpse {
namespace {

struct Alphabet {
  std::array<char32_t, 256> character{};
  std::array<int, 0x180> byte{};  // by character; the largest is 0x143

  Alphabet() {
    byte.fill(-1);
    char32_t next = 0x100;  // bytes that do not print take these in order
    for (unsigned b = 0; b < 256; ++b) {
      const bool prints = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      character[b] = prints ? b : next++;
      byte[character[b]] = static_cast<int>(b);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet table;
  return table;
}

}  // namespace

char32_t spelling_of(unsigned char byte) { return alphabet().character[byte]; }

std::string spell_bytes(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) append_utf8(out, spelling_of(static_cast<unsigned char>(c)));
  return out;
}

std::string bytes_of_spelling(std::string_view token) {
  std::string out;
  for (std::string_view rest = token; !rest.empty();) {
    const Utf8Character c = first_character(rest);
    const int byte = c.length > 0 && c.value < alphabet().byte.size() ? alphabet().byte[c.value] : -1;
    if (byte < 0) return std::string(token);
    out += static_cast<char>(byte);
    rest.remove_prefix(static_cast<std::size_t>(c.length));
  }
  return out;
}

}  // namespace glimpse
