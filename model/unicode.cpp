#include "model/unicode.h"

namespace glimpse {
namespace {

struct Lead {
  int continuation;              // bytes that follow
  unsigned char low, high;       // allowed range of the first of them
};

// Table 3-7 of the Unicode standard: well-formed sequences.
Lead lead_of(unsigned char c) {
  if (c >= 0xC2 && c <= 0xDF) return {1, 0x80, 0xBF};
  if (c == 0xE0) return {2, 0xA0, 0xBF};
  if (c == 0xED) return {2, 0x80, 0x9F};
  if (c >= 0xE1 && c <= 0xEF) return {2, 0x80, 0xBF};
  if (c == 0xF0) return {3, 0x90, 0xBF};
  if (c >= 0xF1 && c <= 0xF3) return {3, 0x80, 0xBF};
  if (c == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Character first_character(std::string_view text) {
  const auto byte = [&](int i) { return static_cast<unsigned char>(text[static_cast<std::size_t>(i)]); };
  if (byte(0) < 0x80) return {.length = 1, .invalid = 0, .cut = false, .value = byte(0)};
  const Lead lead = lead_of(byte(0));
  if (lead.continuation == 0) return {.length = 0, .invalid = 1, .cut = false, .value = 0};
  char32_t value = byte(0) & (0x3F >> lead.continuation);
  for (int i = 1; i <= lead.continuation; ++i) {
    if (static_cast<std::size_t>(i) == text.size()) return {.length = 0, .invalid = i, .cut = true, .value = 0};
    const unsigned char low = i == 1 ? lead.low : 0x80, high = i == 1 ? lead.high : 0xBF;
    if (byte(i) < low || byte(i) > high) return {.length = 0, .invalid = i, .cut = false, .value = 0};
    value = value << 6 | (byte(i) & 0x3F);
  }
  return {.length = lead.continuation + 1, .invalid = 0, .cut = false, .value = value};
}

void append_utf8(std::string& out, char32_t value) {
  if (value < 0x80) {
    out += static_cast<char>(value);
    return;
  }
  const int continuation = value < 0x800 ? 1 : value < 0x10000 ? 2 : 3;
  const unsigned marks[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(marks[continuation] | value >> (6 * continuation));
  for (int i = continuation - 1; i >= 0; --i) out += static_cast<char>(0x80 | (value >> (6 * i) & 0x3F));
}

std::string to_valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  std::size_t run = 0;  // start of the valid bytes not yet copied
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Character c = first_character(bytes.substr(at));
    if (c.length == 0) {
      out.append(bytes.substr(run, at - run)).append("\xEF\xBF\xBD");
      run = at + static_cast<std::size_t>(c.invalid);
    }
    at += static_cast<std::size_t>(c.length + c.invalid);
  }
  return out.append(bytes.substr(run));
}

std::size_t complete_utf8_prefix(std::string_view bytes) {
  // An unfinished character has at most three bytes, so only the last lead byte among them can begin one.
  for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const std::size_t at = bytes.size() - back;
    if ((static_cast<unsigned char>(bytes[at]) & 0xC0) == 0x80) continue;
    const Utf8Character c = first_character(bytes.substr(at));
    return c.cut && static_cast<std::size_t>(c.invalid) == back ? at : bytes.size();
  }
  return bytes.size();
}

}  // namespace glimpse
