// Recursive descent over PTX text: parser.cpp has the top level, parser_body.cpp bodies, parser_value.cpp numbers and
// initialisers.
#pragma once

#include <string>

#include "ast.h"
#include "lexer.h"

namespace ptxvm::ptx {

bool is_type(std::string_view type);
Space space_of(std::string_view word);

class Parser {
 public:
  Parser(std::string_view text, uint32_t line) : lex_(text, line) {}
  Text text();
  Body body();

 private:
  struct Scope {
    std::map<std::string_view, int32_t> variables;
    std::map<std::string_view, std::vector<int32_t>> registers;  // a range has one entry per index
    std::map<std::string_view, int32_t> single;
  };

  uint64_t integer();
  uint64_t primary();
  uint64_t expression(int level);
  InitItem init_item();
  void initialiser(Variable& v);
  Variable variable(Space space, bool with_init);
  Prototype prototype_lists(std::string_view* name);
  std::vector<Variable> parameter_list();
  void function(Text& out, bool entry, const Variable& linkage);
  void performance_directives(Function& f);
  void dims(uint32_t (&out)[3]);
  void skip_section();
  void statement(Body& b);
  void body_directive(Body& b);
  void registers(Body& b);
  void instruction(Body& b);
  void used_bytes(std::string_view pragma);
  void labelled_directive(Body& b, std::string_view label);
  Operand operand();
  Operand operand_base();
  Operand name_operand(std::string_view name);
  Operand address();
  int32_t find_register(std::string_view name) const;
  void attributes(Variable& v);

  Lexer lex_;
  std::vector<Scope> scopes_;
  uint32_t source_file_ = 0, source_line_ = 0, inlined_file_ = 0, inlined_line_ = 0;
  uint32_t used_bytes_ = ~0u;  // of the next instruction
};

}  // namespace ptxvm::ptx
