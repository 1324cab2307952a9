// Cuts PTX text into tokens, on demand.
#pragma once

#include <string_view>

#include "ast.h"

namespace ptxvm::ptx {

enum class TokenKind : uint8_t { kEnd, kWord, kDirective, kInt, kFloat32, kFloat64, kString, kPunctuation };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // a directive without its dot
  uint64_t value = 0;
  uint32_t line = 0;
  bool is(char c) const { return kind == TokenKind::kPunctuation && text[0] == c; }
  bool word(std::string_view w) const { return kind == TokenKind::kWord && text == w; }
  bool directive(std::string_view w) const { return kind == TokenKind::kDirective && text == w; }
};

class Lexer {
 public:
  Lexer(std::string_view text, uint32_t line);
  const Token& peek() const { return token_; }
  Token next();
  bool accept(char c);
  void expect(char c);
  // The rest of an opcode whose first word is the current token: "ld" -> "ld.global.L1::evict_last.f32".
  std::string_view opcode();
  // Text up to the brace that closes the one just read, which is skipped over. For function bodies.
  std::string_view skip_braces();
  [[noreturn]] void fail(std::string_view what) const;
  uint32_t line() const { return token_.line; }

 private:
  void advance();
  void skip_blank();
  void number();
  void word(TokenKind kind);

  std::string_view text_;
  size_t at_ = 0;
  uint32_t line_;
  Token token_;
};

}  // namespace ptxvm::ptx
