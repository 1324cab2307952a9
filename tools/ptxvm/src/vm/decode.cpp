#include "decode.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "exec.h"
#include "liveness.h"

namespace ptxvm {
namespace {

const std::unordered_map<std::string_view, const Family*>& family_map() {
  static const auto* map = [] {
    auto* made = new std::unordered_map<std::string_view, const Family*>;
    for (const auto& family : families()) {
      std::string_view rest = family.opcodes;
      while (!rest.empty()) {
        const size_t blank = std::min(rest.find(' '), rest.size());
        (*made)[rest.substr(0, blank)] = &family;
        rest.remove_prefix(std::min(blank + 1, rest.size()));
      }
    }
    return made;
  }();
  return *map;
}

}  // namespace

Decoder::Decoder(ModuleImpl& module, Program& program, FunctionCode& function, const ptx::Function& source, size_t text)
    : module_(module),
      program_(program),
      function_(function),
      source_(source),
      text_(text),
      body_(ptx::parse_body(source)) {}

bool Decoder::has(std::string_view modifier) const {
  for (size_t i = 1; i < in_->parts.size(); ++i)
    if (in_->parts[i] == modifier) return true;
  return false;
}

std::string_view Decoder::type(size_t from_end) const {
  const size_t n = in_->parts.size();
  return from_end + 1 < n ? in_->parts[n - 1 - from_end] : std::string_view();
}

const ptx::Operand& Decoder::operand(size_t i) const {
  if (i >= in_->operands.size()) refuse("an operand is missing");
  return in_->operands[i];
}

uint32_t Decoder::slot(Size size) {
  uint32_t& end = function_.frame_bytes;
  if (size != Size::kPred) {
    end += slot_bytes(size);
    return end - slot_bytes(size);
  }
  if (predicates_left_ == 0) {
    predicate_line_ = end;
    end += 64;
    predicates_left_ = 16;
  }
  return predicate_line_ + 4 * (16 - predicates_left_--);
}

void Decoder::lay_out_registers() {
  const auto sharing = share_registers(body_);
  program_.registers = std::max(program_.registers, sharing.words + 8);  // addresses and what the compiler adds
  std::map<std::pair<Size, uint32_t>, uint32_t> made;
  for (size_t i = 0; i < body_.registers.size(); ++i) {
    const Size size = size_of_bytes(body_.registers[i].bytes);
    const auto [it, fresh] = made.try_emplace({size, sharing.slot[i]}, 0);
    if (fresh) it->second = slot(size);
    slots_.push_back(it->second);
  }
}

uint32_t Decoder::temp(Size size) {
  auto& list = temps_[static_cast<int>(size)];
  size_t& used = temps_used_[static_cast<int>(size)];
  if (used == list.size()) list.push_back(slot(size));
  return list[used++];
}

uint32_t Decoder::carry() {
  if (carry_ == kNoOperand) carry_ = slot(Size::kPred);
  return carry_;
}

void Decoder::lay_out_variables() {
  uint32_t end = function_.local_bytes;
  for (size_t i = 0; i < body_.variables.size(); ++i) {
    const auto& v = body_.variables[i];
    if (v.space != ptx::Space::kLocal && v.space != ptx::Space::kParam) continue;
    const uint32_t align = std::max<uint32_t>(v.align, 1);
    end = (end + align - 1) / align * align;
    variables_[i] = end;
    end += static_cast<uint32_t>(v.bytes());
  }
  function_.local_bytes = (end + 15) / 16 * 16;
}

void Decoder::run() {
  program_.sources.push_back(
      {source_.line, 0, 0, 0, 0, "", source_.name, &module_.text(text_).files, module_.copy(text_), {}, false});
  lay_out_registers();
  find_uses();
  function_.signature = signature_of(source_.prototype);
  function_.local_bytes = source_.entry ? 0 : function_.signature.bytes;
  lay_out_variables();
  function_.entry = static_cast<uint32_t>(next_index());
  std::vector<std::vector<std::string_view>> labels_at(body_.instructions.size() + 1);
  for (const auto& [label, index] : body_.labels) labels_at[index].push_back(label);
  for (size_t i = 0; i < body_.instructions.size(); ++i) {
    for (const auto label : labels_at[i]) label_pc_[label] = static_cast<uint32_t>(next_index());
    statement(body_.instructions[i]);
  }
  for (const auto label : labels_at.back()) label_pc_[label] = static_cast<uint32_t>(next_index());
  emit(source_.entry ? exec::exit : exec::ret);  // a body may end without one
  resolve_labels();
  function_.frame_bytes = (function_.frame_bytes + 63) / 64 * 64;
}

void Decoder::resolve_labels() {
  const auto pc = [&](std::string_view label) {
    const auto it = label_pc_.find(label);
    if (it == label_pc_.end()) throw std::string("the label " + std::string(label) + " is not defined");
    return it->second;
  };
  for (const auto& fixup : fixups_) program_.branches.emplace_back(fixup.inst, pc(fixup.label));
  for (const auto& [table, labels] : tables_)
    for (const auto label : labels) table->targets.push_back(pc(label));
}

void Decoder::statement(const ptx::Instruction& in) {
  in_ = &in;
  for (auto& used : temps_used_) used = 0;
  program_.sources.push_back({in.line,
                              in.source_file,
                              in.source_line,
                              in.inlined_file,
                              in.inlined_line,
                              in.opcode,
                              source_.name,
                              &module_.text(text_).files,
                              module_.copy(text_),
                              {},
                              false});
  for (const auto& o : in.operands) name_registers(o, program_.sources.back());
  program_.sources.back().used_bytes = in.used_bytes;
  program_.sources.back().only_stored = in.parts[0] == "ld" && copies(in.operands);
  program_.sources.back().writes_first = !in.operands.empty() && in.operands[0].kind == ptx::OperandKind::kRegister;
  const auto known = family_map().find(in.parts[0]);
  const size_t start = next_index();
  try {
    if (known == family_map().end()) refuse("the instruction");
    dispatch(*known->second);
  } catch (const NotModelled& what) {
    // Undo what was emitted for it; it is refused when it is reached.
    program_.code.resize(start);
    std::erase_if(program_.branches, [&](const auto& b) { return b.first >= start; });
    std::erase_if(fixups_, [&](const auto& f) { return f.inst >= start; });
    std::erase_if(program_.dynamic_insts, [&](size_t i) { return i >= start; });
    Inst& refused = emit(exec::not_modelled);
    refused.info = own(what.what);
    if (in.guard >= 0) {  // the guard still decides
      refused.flags = 1 | (in.guard_negated ? 2u : 0u);
      refused.a = slots_[in.guard];
    }
  }
}

// Marks the registers whose values are used for something else than being stored.
void Decoder::find_uses() {
  used_.assign(body_.registers.size(), false);
  const auto mark = [&](const auto& self, const ptx::Operand& o) -> void {
    if (o.kind == ptx::OperandKind::kRegister) used_[o.reg] = true;
    for (const auto& e : o.elements) self(self, e);
  };
  for (const auto& in : body_.instructions) {
    const size_t value = in.parts[0] == "st" ? 1 : in.parts[0] == "ld" ? 0 : in.operands.size();
    for (size_t i = 0; i < in.operands.size(); ++i)
      if (i != value) mark(mark, in.operands[i]);
    if (in.guard >= 0) used_[in.guard] = true;
  }
}

// Whether the results of a load are only stored.
bool Decoder::copies(const std::vector<ptx::Operand>& operands) const {
  if (operands.empty()) return false;
  const auto unused = [&](const ptx::Operand& o) { return o.kind != ptx::OperandKind::kRegister || !used_[o.reg]; };
  const auto& results = operands[0].elements;
  return unused(operands[0]) && std::all_of(results.begin(), results.end(), unused);
}

void Decoder::name_registers(const ptx::Operand& o, Source& source) const {
  if (o.kind == ptx::OperandKind::kRegister) {
    const auto& r = body_.registers[o.reg];
    source.registers.push_back({o.name, r.type, slots_[o.reg], r.bytes});
  }
  for (const auto& e : o.elements) name_registers(e, source);
}

void Decoder::dispatch(const Family& family) {
  const auto& in = *in_;
  if (in.guard < 0 || in.parts[0] == "bra") return family.decode(*this);
  const size_t start = next_index();
  Inst& guard = emit(family.splits ? exec::branch_if : exec::guard);
  guard.a = slots_[in.guard];
  // A branch around it is taken where the guard does not hold.
  guard.flags = in.guard_negated != family.splits ? 1 : 0;
  family.decode(*this);
  if (family.splits) program_.branches.emplace_back(start, next_index());
  else program_.code[start].imm = next_index() - start - 1;
}

Size Decoder::register_size(const ptx::Operand& o) const {
  if (o.kind != ptx::OperandKind::kRegister) return Size::kWord;
  return size_of_bytes(body_.registers[o.reg].bytes);
}

uint32_t Decoder::constant(Size size, uint64_t value) {
  if (size == Size::kPred) return constant_mask(value != 0);
  const uint32_t bytes = slot_bytes(size) / 32;
  if (bytes < 8) value &= (uint64_t{1} << (8 * bytes)) - 1;
  const auto [it, fresh] = program_.constant_at.try_emplace({static_cast<int>(size), value}, 0);
  if (!fresh) return it->second;
  const uint32_t at = static_cast<uint32_t>(program_.constants.size() * 64);
  program_.constants.resize(program_.constants.size() + slot_bytes(size) / 64);
  auto* to = program_.constants.front().bytes + at;
  for (int lane = 0; lane < 32; ++lane) std::memcpy(to + lane * bytes, &value, std::min(bytes, 8u));
  return it->second = at | 1;
}

uint32_t Decoder::constant_mask(bool value) { return constant(Size::kWord, value ? 0xffffffffu : 0); }

uint32_t Decoder::source(const ptx::Operand& o, Size size) {
  using ptx::OperandKind;
  switch (o.kind) {
    case OperandKind::kRegister:
      if (size == Size::kPred) return predicate(o);
      if (register_size(o) != size) refuse("an operand of another size");
      if (o.negated || o.minus || !o.selector.empty()) refuse("a negated or selected operand");
      return slots_[o.reg];
    case OperandKind::kInt: return constant(size, o.value);
    case OperandKind::kFloat32:
      if (size == Size::kDouble)
        return constant(size, std::bit_cast<uint64_t>(double{std::bit_cast<float>(uint32_t(o.value))}));
      return constant(size, o.value);
    case OperandKind::kFloat64:
      if (size == Size::kWord) return constant(size, std::bit_cast<uint32_t>(float(std::bit_cast<double>(o.value))));
      return constant(size, o.value);
    case OperandKind::kSpecial: {
      const uint32_t t = temp(size);
      read_special(*this, o.name, size, t);
      return t;
    }
    case OperandKind::kName: {
      const auto v = name_value(o);
      if (v.frame) {
        const uint32_t d = temp(size);
        Inst& in = emit(size == Size::kDouble ? exec::frame_address64 : exec::frame_address32);
        in.d = d;
        in.imm = v.value;
        return d;
      }
      if (!v.dynamic_shared) return constant(size, v.value);
      const uint32_t at = static_cast<uint32_t>(program_.constants.size() * 64);
      const uint32_t bytes = slot_bytes(size) / 32;
      program_.constants.resize(program_.constants.size() + slot_bytes(size) / 64);
      for (int lane = 0; lane < 32; ++lane)
        std::memcpy(program_.constants.front().bytes + at + lane * bytes, &v.value, bytes);
      program_.dynamic_constants.emplace_back(at, bytes);
      return at | 1;
    }
    default: refuse("an operand of this kind");
  }
}

uint32_t Decoder::target(const ptx::Operand& o, Size size) {
  if (o.kind == ptx::OperandKind::kSink) return temp(size);
  if (o.kind != ptx::OperandKind::kRegister) refuse("a destination that is no register");
  if (register_size(o) != size) refuse("a destination of another size");
  return slots_[o.reg];
}

uint32_t Decoder::predicate(const ptx::Operand& o) {
  if (o.kind == ptx::OperandKind::kInt) return constant_mask((o.value != 0) != o.negated);
  if (o.kind != ptx::OperandKind::kRegister || register_size(o) != Size::kPred)
    refuse("an operand that is no predicate");
  if (!o.negated) return slots_[o.reg];
  const uint32_t t = temp(Size::kPred);
  emit("not.pred", "P=P", t, slots_[o.reg]);
  return t;
}

Inst& Decoder::emit(Handler fn) {
  Inst& in = program_.code.emplace_back();
  in.fn = fn;
  in.source = static_cast<uint32_t>(program_.sources.size() - 1);
  return in;
}

Inst& Decoder::emit(std::string_view name, std::string_view form, uint32_t d, uint32_t a, uint32_t b, uint32_t c) {
  const Handler fn = find_op(name, form);
  if (!fn) refuse("the form " + std::string(name) + " " + std::string(form));
  Inst& in = emit(fn);
  in.d = d, in.a = a, in.b = b, in.c = c;
  return in;
}

const uint32_t* Decoder::list(std::vector<uint32_t> values) {
  return program_.lists.emplace_back(std::move(values)).data();
}

}  // namespace ptxvm
