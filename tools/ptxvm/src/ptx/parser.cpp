// Parsing of the top level: versions, variables, functions without their bodies.
#include "parser.h"

namespace ptxvm::ptx {

uint32_t type_bytes(std::string_view t) {
  if (t == "pred") return 0;
  if (t.size() >= 2 && (t[0] == 'b' || t[0] == 'u' || t[0] == 's' || t[0] == 'f')) {
    const std::string_view bits = t.substr(1);
    if (bits == "8") return 1;
    if (bits == "16" || t == "bf16") return 2;
    if (bits == "32" || bits == "16x2" || t == "bf16x2") return 4;
    if (bits == "64") return 8;
    if (bits == "128") return 16;
  }
  throw std::string("unknown type ." + std::string(t));
}

bool is_type(std::string_view t) {
  if (t == "pred" || t == "texref" || t == "samplerref" || t == "surfref") return true;
  try {
    return type_bytes(t) != 0;
  } catch (const std::string&) {
    return false;
  }
}

Space space_of(std::string_view word) {
  if (word == "global") return Space::kGlobal;
  if (word == "const") return Space::kConst;
  if (word == "shared") return Space::kShared;
  if (word == "local") return Space::kLocal;
  if (word == "param") return Space::kParam;
  if (word == "reg") return Space::kReg;
  return Space::kNone;
}

void Parser::attributes(Variable& v) {
  lex_.expect('(');
  for (int depth = 1; depth > 0;) {
    const Token t = lex_.next();
    if (t.kind == TokenKind::kEnd) lex_.fail("an attribute is not closed");
    if (t.directive("managed")) v.managed = true;
    depth += t.is('(') - t.is(')');
  }
}

Variable Parser::variable(Space space, bool with_init) {
  Variable v;
  v.space = space;
  v.line = lex_.line();
  uint32_t vector = 1;
  bool pointer = false;
  while (lex_.peek().kind == TokenKind::kDirective) {
    const Token t = lex_.next();
    if (t.text == "align") {
      const auto align = static_cast<uint32_t>(integer());
      if (!pointer) v.align = align;  // .ptr .align says how what it points to is aligned
    } else if (t.text == "ptr") pointer = true;
    else if (t.text == "attribute") attributes(v);
    else if (space_of(t.text) != Space::kNone) continue;
    else if (t.text == "v2") vector = 2;
    else if (t.text == "v4") vector = 4;
    else if (is_type(t.text)) v.type = t.text;
    else lex_.fail("unknown directive ." + std::string(t.text) + " in a declaration");
  }
  if (v.type.empty()) lex_.fail("a type expected");
  const bool opaque = v.type.ends_with("ref");
  v.type_bytes = (opaque ? 8 : type_bytes(v.type)) * vector;
  if (lex_.peek().kind != TokenKind::kWord) lex_.fail("a name expected");
  v.name = lex_.next().text;
  while (lex_.accept('[')) {
    v.is_array = true;
    v.elements *= lex_.peek().is(']') ? 0 : integer();
    lex_.expect(']');
  }
  if (v.align == 0) v.align = v.type_bytes == 0 ? 1 : v.type_bytes;
  if (with_init && lex_.accept('=')) {
    initialiser(v);
    if (v.elements == 0) v.elements = v.init.size();
  }
  return v;
}

std::vector<Variable> Parser::parameter_list() {
  std::vector<Variable> list;
  if (!lex_.accept('(')) return list;
  while (!lex_.accept(')')) {
    const Token t = lex_.next();
    if (t.kind != TokenKind::kDirective || space_of(t.text) == Space::kNone) lex_.fail(".param expected");
    list.push_back(variable(space_of(t.text), false));
    lex_.accept(',');
  }
  return list;
}

Prototype Parser::prototype_lists(std::string_view* name) {
  Prototype p;
  p.results = parameter_list();
  if (lex_.peek().kind != TokenKind::kWord) lex_.fail("a function name expected");
  *name = lex_.next().text;
  p.parameters = parameter_list();
  return p;
}

void Parser::dims(uint32_t (&out)[3]) {
  out[0] = out[1] = out[2] = 1;
  for (int i = 0; i < 3; ++i) {
    out[i] = static_cast<uint32_t>(integer());
    if (!lex_.accept(',')) break;
  }
}

void Parser::performance_directives(Function& f) {
  while (lex_.peek().kind == TokenKind::kDirective) {
    const Token t = lex_.next();
    uint32_t one[3];
    if (t.text == "maxntid") dims(f.maxntid);
    else if (t.text == "reqntid") dims(f.reqntid);
    else if (t.text == "reqnctapercluster") dims(f.cluster);
    else if (t.text == "explicitcluster") f.explicit_cluster = true;
    else if (t.text == "minnctapersm") dims(one), f.minnctapersm = one[0];
    else if (t.text == "maxnreg") dims(one), f.maxnreg = one[0];
    else if (t.text == "maxnctapersm" || t.text == "maxclusterrank" || t.text == "abi_preserve" ||
             t.text == "abi_preserve_control" || t.text == "local_maxnreg")
      dims(one);
    else if (t.text == "noreturn") f.prototype.noreturn = true;
    else if (t.text == "blocksareclusters" || t.text == "unique") continue;
    else if (t.text == "pragma") {
      while (!lex_.accept(';')) lex_.next();
    } else if (t.text == "attribute") {
      Variable ignored;
      attributes(ignored);
    } else lex_.fail("unknown directive ." + std::string(t.text) + " of a function");
  }
}

void Parser::function(Text& out, bool entry, const Variable& linkage) {
  Function f;
  f.entry = entry;
  f.is_extern = linkage.is_extern, f.is_visible = linkage.is_visible, f.is_weak = linkage.is_weak;
  while (lex_.peek().directive("attribute")) {
    lex_.next();
    Variable ignored;
    attributes(ignored);
  }
  f.line = lex_.line();
  f.prototype = prototype_lists(&f.name);
  performance_directives(f);
  if (lex_.peek().is('{')) {
    f.has_body = true;
    f.body_line = lex_.line();
    f.body = lex_.skip_braces();
  } else {
    lex_.expect(';');
  }
  out.functions.push_back(std::move(f));
}

void Parser::skip_section() {
  while (!lex_.peek().is('{') && lex_.peek().kind != TokenKind::kEnd) lex_.next();
  lex_.skip_braces();
}

Text Parser::text() {
  Text out;
  Variable linkage;
  while (lex_.peek().kind != TokenKind::kEnd) {
    const Token t = lex_.next();
    if (t.is(';')) continue;
    if (t.kind == TokenKind::kPunctuation && t.text[0] == '\0') continue;  // padding behind the text
    if (t.kind != TokenKind::kDirective) lex_.fail("a directive expected, not '" + std::string(t.text) + "'");
    if (t.text == "version") {
      // "9.0" is read as a float, "9" as an integer.
      const Token v = lex_.next();
      const std::string number(v.text);
      out.version_major = std::stoi(number);
      const size_t dot = number.find('.');
      out.version_minor = dot == std::string::npos ? 0 : std::stoi(number.substr(dot + 1));
    } else if (t.text == "target") {
      out.target = lex_.next().text;
      while (lex_.accept(',')) lex_.next();
    } else if (t.text == "address_size") {
      if (integer() != 64) lex_.fail("only 64-bit addresses are modelled");
    } else if (t.text == "extern") linkage.is_extern = true;
    else if (t.text == "visible") linkage.is_visible = true;
    else if (t.text == "weak") linkage.is_weak = true;
    else if (t.text == "common") linkage.is_common = true;
    else if (t.text == "entry" || t.text == "func") {
      function(out, t.text == "entry", linkage);
      linkage = {};
    } else if (t.text == "alias") {
      Function f;
      f.line = t.line;
      f.name = lex_.next().text;
      lex_.expect(',');
      f.alias_of = lex_.next().text;
      out.functions.push_back(f);
    } else if (t.text == "file") {
      const uint64_t index = integer();
      out.files[static_cast<uint32_t>(index)] = std::string(lex_.next().text);
      while (lex_.accept(',')) integer();
    } else if (t.text == "section") {
      skip_section();
    } else if (t.text == "pragma") {
      while (!lex_.accept(';')) lex_.next();
    } else if (space_of(t.text) != Space::kNone) {
      do {
        Variable v = variable(space_of(t.text), true);
        v.is_extern = linkage.is_extern, v.is_visible = linkage.is_visible;
        v.is_weak = linkage.is_weak, v.is_common = linkage.is_common;
        out.variables.push_back(std::move(v));
      } while (lex_.accept(','));
      lex_.expect(';');
      linkage = {};
    } else {
      lex_.fail("unknown directive ." + std::string(t.text));
    }
  }
  return out;
}

Text parse_text(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  Parser p(text, 1);
  return p.text();
}

}  // namespace ptxvm::ptx
