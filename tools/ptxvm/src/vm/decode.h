// Turns a kernel's syntax tree into instructions. decode.cpp has the frame; each decode_*.cpp one family.
#pragma once

#include <functional>

#include "module.h"

namespace ptxvm {

std::unique_ptr<Program> decode(ModuleImpl& module, Kernel& kernel);

// Handlers of the SIMD files by "name form".
Handler find_op(std::string_view name, std::string_view form);
std::string_view op_form(std::string_view name);  // empty if there is none
const MemTable& mem_table();

// Thrown by a family for what it does not model; becomes an instruction that stops the program when it is reached.
struct NotModelled {
  std::string what;
};

// A register's storage by size: predicates, 16, 32, 64, 128 bits.
enum class Size : uint8_t { kPred, kHalf, kWord, kDouble, kQuad };
Size size_of_bytes(uint32_t bytes);
uint32_t slot_bytes(Size size);
Size size_of_letter(char letter);
uint32_t bits_of_type(std::string_view type);  // "f16x2" -> 32, "pred" -> 1

constexpr uint32_t kNoOperand = ~0u;

struct JumpTable {
  std::vector<uint32_t> targets;
};

class Decoder {
 public:
  Decoder(ModuleImpl& module, Program& program, FunctionCode& function, const ptx::Function& source, size_t text);
  void run();

  // For the families.
  const ptx::Instruction& in() const { return *in_; }
  std::string_view part(size_t i) const { return i < in_->parts.size() ? in_->parts[i] : std::string_view(); }
  bool has(std::string_view modifier) const;
  std::string_view type(size_t from_end = 0) const;  // the last part, the one before, ...
  const ptx::Operand& operand(size_t i) const;
  size_t operands() const { return in_->operands.size(); }
  [[noreturn]] void refuse(const std::string& what) const { throw NotModelled{what}; }

  uint32_t source(const ptx::Operand& o, Size size);  // register, constant, special register or address
  uint32_t target(const ptx::Operand& o, Size size);
  uint32_t predicate(const ptx::Operand& o);  // a source, maybe negated
  uint32_t temp(Size size);
  uint32_t constant(Size size, uint64_t value);
  uint32_t constant_mask(bool value);
  Inst& emit(Handler fn);
  Inst& emit(std::string_view name, std::string_view form, uint32_t d, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0);
  const uint32_t* list(std::vector<uint32_t> values);
  template <class T>
  T* own(T value) {
    auto made = std::make_shared<T>(std::move(value));
    program_.owned.push_back(made);
    return made.get();
  }
  Size register_size(const ptx::Operand& o) const;
  std::string_view register_type(int32_t reg) const { return body_.registers[reg].type; }
  uint32_t carry();  // the hidden carry flag
  bool convert_width(uint32_t to, Size to_size, uint32_t from, Size from_size);
  // Fills a, imm and the address flags from [base + offset]. The space differs if the base's name lies elsewhere.
  MemSpace address(Inst& in, const ptx::Operand& o, MemSpace space);
  // A name's value: its address in its own space.
  struct NameValue {
    uint64_t value = 0;
    MemSpace space = MemSpace::kGeneric;
    bool dynamic_shared = false, frame = false;
  };
  NameValue name_value(const ptx::Operand& o);
  const FunctionCode* callee(const FunctionRef& ref);
  void callees_by_address();
  uint32_t register_slot(int32_t reg) const { return slots_[reg]; }
  void branch_to(size_t inst, std::string_view label) { fixups_.push_back({inst, label}); }
  size_t next_index() const { return program_.code.size(); }
  const ptx::Body& body() const { return body_; }
  ModuleImpl& module() { return module_; }
  Program& program() { return program_; }
  FunctionCode& function() { return function_; }
  size_t text() const { return text_; }
  // A list of branch targets: indices until the program is complete, see JumpTable.
  void table_of(JumpTable* table, const std::vector<std::string_view>& labels) { tables_.push_back({table, labels}); }

 private:
  void lay_out_registers();
  void lay_out_variables();
  void statement(const ptx::Instruction& in);
  void dispatch(const struct Family& family);
  uint32_t slot(Size size);
  void const_bytes_seen(const ModuleSymbol& symbol);
  uint32_t shared_offset(const ptx::Variable& v, const std::string& key);
  void resolve_labels();
  void find_uses();
  bool copies(const std::vector<ptx::Operand>& operands) const;
  void name_registers(const ptx::Operand& o, Source& source) const;

  ModuleImpl& module_;
  Program& program_;
  FunctionCode& function_;
  const ptx::Function& source_;
  size_t text_;
  ptx::Body body_;
  const ptx::Instruction* in_ = nullptr;
  std::vector<uint32_t> slots_;
  std::vector<bool> used_;                  // by register: for more than being stored
  std::map<uint64_t, uint32_t> variables_;  // index in the body -> offset in the frame's local memory
  std::vector<uint32_t> temps_[5];          // slots that live within one instruction
  size_t temps_used_[5] = {};
  uint32_t predicate_line_ = 0, predicates_left_ = 0;
  uint32_t carry_ = kNoOperand;
  std::map<std::string_view, uint32_t> label_pc_;
  std::vector<std::pair<JumpTable*, std::vector<std::string_view>>> tables_;
  struct Fixup {
    size_t inst;
    std::string_view label;
  };
  std::vector<Fixup> fixups_;
};

void read_special(Decoder& d, std::string_view name, Size size, uint32_t target);

// One family: answers false if the instruction is not its own.
struct Family {
  std::string_view opcodes;  // separated by blanks
  void (*decode)(Decoder& d);
  bool splits;  // a guard becomes a branch around it instead of a narrower mask
  std::string_view title;
};
const std::vector<Family>& families();

void decode_alu(Decoder& d);
void decode_mov(Decoder& d);
void decode_set(Decoder& d);
void decode_cvt(Decoder& d);
void decode_pack(Decoder& d);
void decode_approx(Decoder& d);
void decode_memory(Decoder& d);
void decode_atomic(Decoder& d);
void decode_async(Decoder& d);
void decode_control(Decoder& d);
void decode_call(Decoder& d);
void decode_barrier(Decoder& d);
void decode_warp(Decoder& d);
void decode_matrix(Decoder& d);
void decode_mbarrier(Decoder& d);
void decode_video(Decoder& d);

}  // namespace ptxvm
