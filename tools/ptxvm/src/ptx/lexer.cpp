#include "lexer.h"

#include <bit>
#include <charconv>
#include <string>

namespace ptxvm::ptx {

namespace {

bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '%';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool in_word(char c) { return starts_word(c) || is_digit(c); }

}  // namespace

Lexer::Lexer(std::string_view text, uint32_t line) : text_(text), line_(line) { advance(); }

void Lexer::fail(std::string_view what) const {
  std::string near(token_.text.substr(0, 40));
  throw SyntaxError{"PTX line " + std::to_string(token_.line) + ": " + std::string(what) + " near '" + near + "'",
                    token_.line};
}

void Lexer::skip_blank() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\n') {
      ++line_, ++at_;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
      ++at_;
    } else if (c == '/' && at_ + 1 < text_.size() && text_[at_ + 1] == '/') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '/' && at_ + 1 < text_.size() && text_[at_ + 1] == '*') {
      const size_t end = std::min(text_.find("*/", at_ + 2), text_.size());
      for (; at_ < end; ++at_) line_ += text_[at_] == '\n';
      at_ = std::min(end + 2, text_.size());
    } else {
      break;
    }
  }
}

void Lexer::word(TokenKind kind) {
  const size_t start = at_;
  while (at_ < text_.size() && in_word(text_[at_])) ++at_;
  token_.kind = kind;
  token_.text = text_.substr(start, at_ - start);
}

void Lexer::number() {
  const size_t start = at_;
  const auto hex = [&](size_t digits, TokenKind kind) {
    const char* first = text_.data() + at_ + 2;
    if (at_ + 2 + digits > text_.size()) fail("a float constant is cut short");
    const auto r = std::from_chars(first, first + digits, token_.value, 16);
    if (r.ptr != first + digits) fail("a float constant has too few digits");
    at_ += 2 + digits;
    token_.kind = kind;
    token_.text = text_.substr(start, at_ - start);
  };
  const char second = at_ + 1 < text_.size() ? text_[at_ + 1] : ' ';
  if (text_[at_] == '0' && (second == 'f' || second == 'F')) return hex(8, TokenKind::kFloat32);
  if (text_[at_] == '0' && (second == 'd' || second == 'D')) return hex(16, TokenKind::kFloat64);
  int base = 10;
  if (text_[at_] == '0' && (second == 'x' || second == 'X')) base = 16, at_ += 2;
  else if (text_[at_] == '0' && (second == 'b' || second == 'B')) base = 2, at_ += 2;
  else if (text_[at_] == '0' && is_digit(second)) base = 8, at_ += 1;
  const char* end = text_.data() + text_.size();
  auto r = std::from_chars(text_.data() + at_, end, token_.value, base);
  if (r.ec != std::errc{}) fail("bad number");
  token_.kind = TokenKind::kInt;
  if (base == 10 && r.ptr < end && (*r.ptr == '.' || *r.ptr == 'e' || *r.ptr == 'E')) {
    double value = 0;
    r = std::from_chars(text_.data() + start, end, value);
    token_.value = std::bit_cast<uint64_t>(value);
    token_.kind = TokenKind::kFloat64;
  } else if (r.ptr < end && (*r.ptr == 'U' || *r.ptr == 'u')) {
    ++r.ptr;
  }
  at_ = static_cast<size_t>(r.ptr - text_.data());
  token_.text = text_.substr(start, at_ - start);
}

void Lexer::advance() {
  skip_blank();
  token_ = Token{};
  token_.line = line_;
  if (at_ >= text_.size()) return;
  const char c = text_[at_];
  if (starts_word(c)) return word(TokenKind::kWord);
  if (is_digit(c)) return number();
  if (c == '.' && at_ + 1 < text_.size() && starts_word(text_[at_ + 1])) {
    ++at_;
    return word(TokenKind::kDirective);
  }
  if (c == '"') {
    const size_t end = std::min(text_.find('"', at_ + 1), text_.size() - 1);
    token_.kind = TokenKind::kString;
    token_.text = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return;
  }
  token_.kind = TokenKind::kPunctuation;
  token_.text = text_.substr(at_++, 1);
}

Token Lexer::next() {
  Token token = token_;
  advance();
  return token;
}

bool Lexer::accept(char c) {
  if (!token_.is(c)) return false;
  advance();
  return true;
}

void Lexer::expect(char c) {
  if (!accept(c)) fail(std::string("'") + c + "' expected");
}

std::string_view Lexer::opcode() {
  const size_t start = static_cast<size_t>(token_.text.data() - text_.data());
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (in_word(c) || c == '.') {
      ++at_;
    } else if (c == ':' && at_ + 1 < text_.size() && text_[at_ + 1] == ':') {
      at_ += 2;
    } else {
      break;
    }
  }
  const std::string_view result = text_.substr(start, at_ - start);
  advance();
  return result;
}

std::string_view Lexer::skip_braces() {
  // The opening brace is the current token, so at_ stands just behind it.
  const size_t start = at_;
  int depth = 1;
  while (depth > 0) {
    skip_blank();
    at_ = std::min(text_.find_first_of("{}\n/\"", at_), text_.size());
    if (at_ >= text_.size()) fail("a body is not closed");
    const char c = text_[at_];
    if (c == '\n' || (c == '/' && at_ + 1 < text_.size() && (text_[at_ + 1] == '/' || text_[at_ + 1] == '*'))) {
      skip_blank();
      continue;
    }
    if (c == '"') at_ = std::min(text_.find('"', at_ + 1), text_.size() - 1);
    depth += (c == '{') - (c == '}');
    ++at_;
  }
  const std::string_view body = text_.substr(start, at_ - 1 - start);
  advance();
  return body;
}

}  // namespace ptxvm::ptx
