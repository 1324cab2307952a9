#include "model/added_tokens.h"

#include <algorithm>

#include "model/unicode.h"

namespace glimpse {
namespace {

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// Start of the last character of valid, non-empty text.
std::size_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

std::size_t without_trailing_spaces(std::string_view text) {
  while (!text.empty()) {
    const std::size_t at = last_character(text);
    if (!is_space(first_character(text.substr(at)).value)) break;
    text = text.substr(0, at);
  }
  return text.size();
}

std::size_t leading_spaces(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const Utf8Character c = first_character(text.substr(at));
    if (!is_space(c.value)) break;
    at += static_cast<std::size_t>(c.length);
  }
  return at;
}

}  // namespace

AddedTokens::AddedTokens() : word_("[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]", "added tokens") {}

void AddedTokens::add(AddedToken token) {
  if (token.content.empty()) return;
  auto& list = by_first_byte_[static_cast<unsigned char>(token.content[0])];
  tokens_.push_back(std::move(token));
  list.push_back(tokens_.size() - 1);
  std::stable_sort(list.begin(), list.end(), [&](std::size_t a, std::size_t b) {
    return tokens_[a].content.size() > tokens_[b].content.size();
  });
}

const AddedToken* AddedTokens::longest_at(std::string_view text, std::size_t at, bool normalized) const {
  for (const std::size_t index : by_first_byte_[static_cast<unsigned char>(text[at])]) {
    const AddedToken& token = tokens_[index];
    if (token.normalized == normalized && text.substr(at).starts_with(token.content)) return &token;
  }
  return nullptr;
}

bool AddedTokens::touches_word(std::string_view text, std::size_t begin, std::size_t end) const {
  const auto is_word = [&](std::string_view character) { return Regex::Scanner(word_, character).next(0).found; };
  if (begin > 0 && is_word(text.substr(0, begin).substr(last_character(text.substr(0, begin))))) return true;
  if (end == text.size()) return false;
  const Utf8Character next = first_character(text.substr(end));
  return is_word(text.substr(end, static_cast<std::size_t>(next.length)));
}

void AddedTokens::split_pass(std::string_view text, bool normalized, std::vector<TextPiece>& out) const {
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    const AddedToken* token = longest_at(text, at, normalized);
    if (!token) {
      ++at;
      continue;
    }
    const std::size_t end = at + token->content.size();
    if (token->single_word && touches_word(text, at, end)) {
      at = end;
      continue;
    }
    const std::size_t first = token->lstrip ? std::max(without_trailing_spaces(text.substr(0, at)), done) : at;
    const std::size_t last = token->rstrip ? end + leading_spaces(text.substr(end)) : end;
    if (first > done) out.push_back({text.substr(done, first - done), -1});
    out.push_back({text.substr(first, last - first), token->id});
    at = done = last;
  }
  if (done < text.size()) out.push_back({text.substr(done), -1});
}

std::vector<TextPiece> AddedTokens::split(std::string_view text) const {
  std::vector<TextPiece> first, out;
  split_pass(text, false, first);
  for (const TextPiece& piece : first) {
    if (piece.id >= 0) out.push_back(piece);
    else split_pass(piece.text, true, out);
  }
  return out;
}

}  // namespace glimpse
