// Parsing of function bodies: registers, labels, instructions and their operands.
#include <cstdlib>
#include <string>
#include <utility>

#include "parser.h"

namespace ptxvm::ptx {

int32_t Parser::find_register(std::string_view name) const {
  size_t digits = name.size();
  while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9') --digits;
  for (size_t s = scopes_.size(); s-- > 0;) {
    const Scope& scope = scopes_[s];
    if (auto it = scope.single.find(name); it != scope.single.end()) return it->second;
    for (size_t split = digits; split < name.size(); ++split) {
      if (name[split] == '0' && split + 1 < name.size()) continue;
      const auto range = scope.registers.find(name.substr(0, split));
      if (range == scope.registers.end()) continue;
      const size_t index = std::stoul(std::string(name.substr(split)));
      if (index < range->second.size()) return range->second[index];
    }
    if (scope.variables.contains(name)) return -1;
  }
  return -1;
}

Operand Parser::name_operand(std::string_view name) {
  Operand o;
  o.reg = find_register(name);
  if (o.reg >= 0) {
    o.kind = OperandKind::kRegister;
    o.name = name;
    return o;
  }
  if (name[0] == '%') {
    o.kind = OperandKind::kSpecial;
    o.name = name.substr(1);
    return o;
  }
  o.kind = OperandKind::kName;
  o.name = name;
  for (size_t s = scopes_.size(); s-- > 0;) {
    if (auto it = scopes_[s].variables.find(name); it != scopes_[s].variables.end()) {
      o.reg = it->second;
      break;
    }
  }
  return o;
}

Operand Parser::address() {
  Operand o;
  o.kind = OperandKind::kAddress;
  o.elements.push_back(operand_base());
  if (lex_.accept('+')) o.value = integer();
  else if (lex_.peek().is('-')) o.value = integer();
  while (lex_.accept(',')) o.elements.push_back(operand_base());  // [tensor, {coordinates}]
  lex_.expect(']');
  return o;
}

Operand Parser::operand_base() {
  Operand o;
  const Token t = lex_.peek();
  if (t.kind == TokenKind::kFloat32 || t.kind == TokenKind::kFloat64) {
    lex_.next();
    o.kind = t.kind == TokenKind::kFloat32 ? OperandKind::kFloat32 : OperandKind::kFloat64;
    o.value = t.value;
    return o;
  }
  if (t.is('{') || t.is('(')) {
    lex_.next();
    o.kind = t.is('{') ? OperandKind::kVector : OperandKind::kList;
    const char close = t.is('{') ? '}' : ')';
    while (!lex_.accept(close)) {
      o.elements.push_back(operand());
      if (!lex_.accept(',') && !lex_.peek().is(close)) lex_.fail("',' expected");
    }
    return o;
  }
  if (t.is('[')) {
    lex_.next();
    return address();
  }
  if (t.is('!')) {
    lex_.next();
    o = operand_base();
    o.negated = !o.negated;
    return o;
  }
  if (t.kind == TokenKind::kWord && t.text != "WARP_SZ") {
    lex_.next();
    if (t.text == "_") return o;
    o = name_operand(t.text);
    while (lex_.peek().kind == TokenKind::kDirective) {  // %tid.x, selectors of video instructions
      const Token s = lex_.next();
      if (o.kind == OperandKind::kSpecial) {
        o.name = std::string_view(o.name.data(), static_cast<size_t>(s.text.end() - o.name.data()));
      } else if (s.text.size() >= 2 && (s.text[0] == 'b' || s.text[0] == 'h')) {
        o.selector = s.text;
      } else {
        lex_.fail("unknown selector ." + std::string(s.text));
      }
    }
    if (o.kind == OperandKind::kName && lex_.peek().is('+')) {
      lex_.next();
      o.value = integer();
    }
    return o;
  }
  if (t.is('-')) {
    lex_.next();
    const Token inner = lex_.peek();
    if (inner.kind == TokenKind::kInt || inner.is('(')) {
      o.kind = OperandKind::kInt;
      o.value = 0 - integer();
      return o;
    }
    o = operand_base();
    if (o.kind == OperandKind::kFloat64) o.value ^= uint64_t{1} << 63;
    else if (o.kind == OperandKind::kFloat32) o.value ^= uint64_t{1} << 31;
    else o.minus = !o.minus;
    return o;
  }
  o.kind = OperandKind::kInt;
  o.value = integer();
  return o;
}

Operand Parser::operand() {
  Operand o = operand_base();
  if (!lex_.peek().is('|')) return o;
  lex_.next();
  Operand pair;
  pair.kind = OperandKind::kPair;
  pair.elements.push_back(std::move(o));
  pair.elements.push_back(operand_base());
  return pair;
}

void Parser::registers(Body& b) {
  const Token t = lex_.next();
  if (t.kind != TokenKind::kDirective || !is_type(t.text)) lex_.fail("a register type expected");
  std::string_view type = t.text;
  if (type == "v2" || type == "v4") lex_.fail("vector registers are not modelled");
  do {
    Register r{lex_.next().text, -1, type, static_cast<uint16_t>(type_bytes(type))};
    if (lex_.accept('<')) {
      const uint64_t count = primary();
      lex_.expect('>');
      if (count > 1000000) lex_.fail("too many registers");
      auto& range = scopes_.back().registers[r.name];
      for (uint64_t i = 0; i < count; ++i) {
        r.index = static_cast<int32_t>(i);
        range.push_back(static_cast<int32_t>(b.registers.size()));
        b.registers.push_back(r);
      }
    } else {
      scopes_.back().single[r.name] = static_cast<int32_t>(b.registers.size());
      b.registers.push_back(r);
    }
  } while (lex_.accept(','));
  lex_.expect(';');
}

void Parser::body_directive(Body& b) {
  const Token t = lex_.next();
  if (t.text == "reg") return registers(b);
  if (t.text == "loc") {
    source_file_ = static_cast<uint32_t>(integer());
    source_line_ = static_cast<uint32_t>(integer());
    integer();
    inlined_file_ = inlined_line_ = 0;
    while (lex_.accept(',')) {
      const bool inlined = lex_.next().word("inlined_at");  // or function_name
      const Token first = lex_.next();
      while (lex_.accept('+')) integer();
      if (inlined) inlined_file_ = static_cast<uint32_t>(first.value);
      if (inlined) inlined_line_ = static_cast<uint32_t>(lex_.peek().value);
      while (lex_.peek().kind == TokenKind::kInt) lex_.next();
    }
    return;
  }
  if (t.text == "pragma") {
    while (!lex_.accept(';')) used_bytes(lex_.next().text);
    return;
  }
  if (t.text == "section") return skip_section();
  const Space space = space_of(t.text);
  if (space == Space::kNone) lex_.fail("unknown directive ." + std::string(t.text) + " in a body");
  do {
    Variable v = variable(space, true);
    scopes_.back().variables[v.name] = static_cast<int32_t>(b.variables.size());
    b.variables.push_back(std::move(v));
  } while (lex_.accept(','));
  lex_.expect(';');
}

// .pragma "used_bytes_mask 0xf": of the load that follows, only these bytes are used (the others are padding).
void Parser::used_bytes(std::string_view pragma) {
  constexpr std::string_view kName = "used_bytes_mask ";
  if (pragma.starts_with(kName))
    used_bytes_ = static_cast<uint32_t>(std::strtoul(std::string(pragma.substr(kName.size())).c_str(), nullptr, 0));
}

void Parser::labelled_directive(Body& b, std::string_view label) {
  const Token t = lex_.next();
  if (t.text == "branchtargets" || t.text == "calltargets") {
    auto& list = b.targets[label];
    do list.push_back(lex_.next().text);
    while (lex_.accept(','));
  } else if (t.text == "callprototype") {
    std::string_view name;
    Prototype p = prototype_lists(&name);
    if (lex_.peek().directive("noreturn")) lex_.next(), p.noreturn = true;
    Function ignored;
    performance_directives(ignored);
    b.prototypes[label] = std::move(p);
  } else {
    lex_.fail("unknown labelled directive ." + std::string(t.text));
  }
  lex_.expect(';');
}

void Parser::instruction(Body& b) {
  Instruction in;
  in.line = lex_.line();
  in.used_bytes = std::exchange(used_bytes_, ~0u);
  in.source_file = source_file_, in.source_line = source_line_;
  in.inlined_file = inlined_file_, in.inlined_line = inlined_line_;
  if (lex_.accept('@')) {
    in.guard_negated = lex_.accept('!');
    const Token t = lex_.next();
    in.guard = find_register(t.text);
    if (in.guard < 0) lex_.fail("unknown guard predicate " + std::string(t.text));
  }
  if (lex_.peek().kind != TokenKind::kWord) lex_.fail("an instruction expected");
  in.opcode = lex_.opcode();
  for (size_t at = 0; at <= in.opcode.size();) {
    const size_t dot = std::min(in.opcode.find('.', at), in.opcode.size());
    in.parts.push_back(in.opcode.substr(at, dot - at));
    at = dot + 1;
  }
  while (!lex_.peek().is(';')) {
    in.operands.push_back(operand());
    if (!lex_.accept(',') && !lex_.peek().is(';')) lex_.fail("',' or ';' expected");
  }
  lex_.expect(';');
  b.instructions.push_back(std::move(in));
}

void Parser::statement(Body& b) {
  const Token t = lex_.peek();
  if (t.kind == TokenKind::kDirective) return body_directive(b);
  if (lex_.accept(';')) return;
  if (lex_.accept('{')) {
    scopes_.emplace_back();
    return;
  }
  if (lex_.accept('}')) {
    if (scopes_.size() == 1) lex_.fail("unmatched '}'");
    scopes_.pop_back();
    return;
  }
  if (t.kind == TokenKind::kWord) {
    Lexer ahead = lex_;
    ahead.next();
    if (ahead.peek().is(':')) {
      lex_.next();
      lex_.next();
      if (lex_.peek().directive("branchtargets") || lex_.peek().directive("callprototype") ||
          lex_.peek().directive("calltargets")) {
        return labelled_directive(b, t.text);
      }
      b.labels[t.text] = static_cast<uint32_t>(b.instructions.size());
      return;
    }
  }
  instruction(b);
}

Body Parser::body() {
  Body b;
  scopes_.emplace_back();

  while (lex_.peek().kind != TokenKind::kEnd) statement(b);
  return b;
}

Body parse_body(const Function& function) {
  Parser p(function.body, function.body_line);
  return p.body();
}

}  // namespace ptxvm::ptx
