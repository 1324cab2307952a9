// What PTX text says, before it means anything to the machine. Names point into the module's text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ptxvm::ptx {

// Thrown with a sentence that has line and text.
struct SyntaxError {
  std::string message;
  uint32_t line;
};

enum class Space : uint8_t { kNone, kReg, kGlobal, kConst, kShared, kLocal, kParam };

// One value of an initialiser: a number, or the address of a symbol.
struct InitItem {
  std::string_view symbol;  // empty: a number
  uint64_t value = 0;       // bits of the number, or the offset from the symbol
  bool is_float = false;    // value holds the bits of a double
  bool is_float32 = false;  // value holds the bits of a float
  int byte = -1;            // mask(symbol): which byte of the address
};

struct Variable {
  Space space = Space::kNone;
  std::string_view name;
  std::string_view type;  // "b8", "u32", "f64", "pred"
  uint32_t type_bytes = 0;
  uint32_t align = 0;
  uint64_t elements = 1;  // product of the dimensions; 0 for an unsized one: name[]
  bool is_array = false;
  bool is_extern = false, is_visible = false, is_weak = false, is_common = false, managed = false;
  std::vector<InitItem> init;
  uint32_t line = 0;
  uint64_t bytes() const { return elements * type_bytes; }
};

struct Prototype {
  std::vector<Variable> results, parameters;
  bool noreturn = false;
};

enum class OperandKind : uint8_t {
  kRegister,  // reg, maybe negated
  kInt,       // value
  kFloat32,   // value holds the bits
  kFloat64,
  kName,     // symbol, label or function: name, value is an added offset
  kSpecial,  // %tid.x, ...: name without '%'
  kAddress,  // [base + value]: base is elements[0] (register, name or int)
  kVector,   // {a, b, ...}
  kList,     // (a, b, ...) of a call
  kPair,     // a|b
  kSink,     // _
};

struct Operand {
  OperandKind kind = OperandKind::kSink;
  bool negated = false;  // !p
  bool minus = false;    // -x of a register
  int32_t reg = -1;
  std::string_view selector;  // of a video instruction: "b0", "h1", "b3210"
  uint64_t value = 0;
  std::string_view name;
  std::vector<Operand> elements;
};

struct Register {
  std::string_view name;  // prefix of a range
  int32_t index = -1;     // within the range
  std::string_view type;
  uint16_t bytes = 0;  // 0: predicate
};

struct Instruction {
  std::string_view opcode;              // "ld.global.v4.f32"
  std::vector<std::string_view> parts;  // "ld", "global", "v4", "f32"
  std::vector<Operand> operands;
  int32_t guard = -1;  // register
  bool guard_negated = false;
  uint32_t used_bytes = ~0u;  // of a load: the bytes whose values matter (.pragma "used_bytes_mask")
  uint32_t line = 0;
  uint32_t source_file = 0, source_line = 0;    // of the last .loc, 0: none
  uint32_t inlined_file = 0, inlined_line = 0;  // where that code was inlined, 0: it was not
};

struct Body {
  std::vector<Register> registers;
  std::vector<Variable> variables;  // local, shared, param (call arguments), const and global ones of the function
  std::vector<Instruction> instructions;
  std::map<std::string_view, uint32_t> labels;                        // index of the instruction after
  std::map<std::string_view, std::vector<std::string_view>> targets;  // .branchtargets, .calltargets, jump tables
  std::map<std::string_view, Prototype> prototypes;
  // Names of variables are scoped; the parser resolves them to "name" with this index, kept in Operand::reg.
};

struct Function {
  bool entry = false;
  bool is_extern = false, is_visible = false, is_weak = false;
  std::string_view name;
  Prototype prototype;
  std::string_view body;  // text between the braces; empty for a declaration
  bool has_body = false;
  uint32_t line = 0, body_line = 0;
  std::string_view alias_of;
  uint32_t maxntid[3] = {0, 0, 0}, reqntid[3] = {0, 0, 0}, cluster[3] = {0, 0, 0};
  uint32_t minnctapersm = 0, maxnreg = 0;
  bool explicit_cluster = false;
};

struct Text {
  int version_major = 0, version_minor = 0;
  std::string_view target;  // "sm_90a"
  std::vector<Variable> variables;
  std::vector<Function> functions;
  std::map<uint32_t, std::string> files;  // of .file
};

// Reads the top level; function bodies are only skipped over. The text must outlive the result.
Text parse_text(std::string_view text);
// Reads one body. `outer` gives the parameters, whose names are visible inside.
Body parse_body(const Function& function);

uint32_t type_bytes(std::string_view type);  // 0 for pred; throws std::string for an unknown type

}  // namespace ptxvm::ptx
