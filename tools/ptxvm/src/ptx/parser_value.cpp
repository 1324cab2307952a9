// Parsing of constant expressions and initialisers.
#include <bit>

#include "parser.h"

namespace ptxvm::ptx {

uint64_t Parser::primary() {
  if (lex_.accept('(')) {
    const uint64_t v = expression(0);
    lex_.expect(')');
    return v;
  }
  if (lex_.accept('-')) return 0 - primary();
  if (lex_.accept('+')) return primary();
  if (lex_.accept('~')) return ~primary();
  if (lex_.accept('!')) return primary() == 0;
  if (lex_.peek().word("WARP_SZ")) {
    lex_.next();
    return 32;
  }
  if (lex_.peek().kind != TokenKind::kInt) lex_.fail("a number expected");
  return lex_.next().value;
}

uint64_t Parser::expression(int level) {
  static constexpr std::string_view kOperators[] = {"|", "^", "&", "<>", "+-", "*/%"};
  if (level == 6) return primary();
  uint64_t v = expression(level + 1);
  while (lex_.peek().kind == TokenKind::kPunctuation &&
         kOperators[level].find(lex_.peek().text[0]) != std::string_view::npos) {
    const char op = lex_.next().text[0];
    if (op == '<' || op == '>') lex_.expect(op);
    const uint64_t r = expression(level + 1);
    if ((op == '/' || op == '%') && r == 0) lex_.fail("division by zero");
    switch (op) {
      case '|': v |= r; break;
      case '^': v ^= r; break;
      case '&': v &= r; break;
      case '<': v = r < 64 ? v << r : 0; break;
      case '>': v = r < 64 ? v >> r : 0; break;
      case '+': v += r; break;
      case '-': v -= r; break;
      case '*': v *= r; break;
      case '/': v = static_cast<uint64_t>(static_cast<int64_t>(v) / static_cast<int64_t>(r)); break;
      default: v = static_cast<uint64_t>(static_cast<int64_t>(v) % static_cast<int64_t>(r)); break;
    }
  }
  return v;
}

uint64_t Parser::integer() { return expression(0); }

InitItem Parser::init_item() {
  InitItem item;
  const Token t = lex_.peek();
  if (t.kind == TokenKind::kFloat32 || t.kind == TokenKind::kFloat64) {
    lex_.next();
    item.value = t.value;
    item.is_float32 = t.kind == TokenKind::kFloat32;
    item.is_float = !item.is_float32;
    return item;
  }
  if (t.kind == TokenKind::kWord && t.text != "WARP_SZ") {
    lex_.next();
    if (t.text == "generic" && lex_.accept('(')) {
      item = init_item();
      lex_.expect(')');
    } else {
      item.symbol = t.text;
    }
    if (lex_.accept('+')) item.value += integer();
    else if (lex_.peek().is('-')) item.value += integer();
    return item;
  }
  item.value = integer();
  if (lex_.accept('(')) {  // 0xFF00(symbol): one byte of an address
    const uint64_t mask = item.value;
    item = init_item();
    lex_.expect(')');
    item.byte = std::countr_zero(mask) / 8;
  }
  return item;
}

void Parser::initialiser(Variable& v) {
  if (!lex_.accept('{')) {
    v.init.push_back(init_item());
    return;
  }
  while (!lex_.accept('}')) {
    if (lex_.peek().is('{')) initialiser(v);
    else v.init.push_back(init_item());
    lex_.accept(',');
  }
}

}  // namespace ptxvm::ptx
