// A whole kernel: its body, the functions it may call, names and addresses, and the finished program.
#include <algorithm>

#include "decode.h"
#include "exec.h"

namespace ptxvm {
namespace {

uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

// Lays out what a launch passes. Errors of the text are thrown as a sentence.
void lay_out_parameters(const ptx::Function& f, KernelInfo& info) {
  uint32_t at = 0;
  for (const auto& v : f.prototype.parameters) {
    const uint32_t align = std::max<uint32_t>(v.align, 1);
    at = static_cast<uint32_t>(round_up(at, align));
    info.parameters.push_back({at, static_cast<uint32_t>(v.bytes()), align});
    at += static_cast<uint32_t>(v.bytes());
  }
  info.parameter_bytes = at;
}

// Local memory of the deepest chain of calls; a function that calls itself marks the program as recursive.
void add_up_local(Program& p, const std::map<const FunctionCode*, std::vector<const FunctionCode*>>& calls) {
  std::map<const FunctionCode*, uint32_t> deepest;
  std::vector<const FunctionCode*> open;
  const std::function<uint32_t(const FunctionCode*)> visit = [&](const FunctionCode* f) -> uint32_t {
    if (std::find(open.begin(), open.end(), f) != open.end()) return p.recursive = true, 0;
    if (const auto known = deepest.find(f); known != deepest.end()) return known->second;
    open.push_back(f);
    uint32_t below = 0;
    if (const auto it = calls.find(f); it != calls.end())
      for (const auto* callee : it->second) below = std::max(below, visit(callee));
    open.pop_back();
    return deepest[f] = f->local_bytes + below;
  };
  p.local_bytes = visit(&p.functions.front());
}

void finish(Program& p, uint64_t seed) {
  constexpr uint64_t kSteps = 64;  // --seed moves the dynamic part by up to so many steps of its alignment
  p.dynamic_base = static_cast<uint32_t>(round_up(p.static_shared, p.dynamic_align) + seed % kSteps * p.dynamic_align);
  for (auto& [inst, target] : p.branches) p.code[inst].imm = reinterpret_cast<uint64_t>(p.code.data() + target);
  for (const size_t inst : p.dynamic_insts) p.code[inst].imm += p.dynamic_base;
  for (const auto& [at, bytes] : p.dynamic_constants)
    for (int lane = 0; lane < 32; ++lane) {
      auto* to = p.constants.front().bytes + at + lane * bytes;
      uint64_t value = 0;
      std::memcpy(&value, to, bytes);
      value += p.dynamic_base;
      std::memcpy(to, &value, bytes);
    }
}

}  // namespace

std::unique_ptr<Program> decode(ModuleImpl& module, Kernel& kernel) {
  auto program = std::make_unique<Program>();
  Program& p = *program;
  const auto& f = *kernel.function;
  auto& info = p.info;
  info.name = kernel.name;
  lay_out_parameters(f, info);
  p.functions.emplace_back().name = f.name;
  constexpr uint32_t kMaxCode = 4'000'000;
  {
    Decoder decoder(module, p, p.functions.front(), f, kernel.text);
    decoder.run();
  }
  // Functions join the list as they are met.
  for (size_t i = 1; i < p.functions.size(); ++i) {
    auto& code = p.functions[i];
    const auto* ref = p.refs.at(&code);
    Decoder decoder(module, p, code, *ref->function, ref->text);
    decoder.run();
    if (p.code.size() > kMaxCode) throw std::string("the kernel and what it calls is too long");
  }
  for (const auto& code : p.functions)
    if (const auto it = p.refs.find(&code); it != p.refs.end()) p.by_address[it->second->address] = &code;
  p.dynamic_align = std::max<uint32_t>(p.dynamic_align, 16);
  finish(p, module.options().seed);
  add_up_local(p, p.calls);
  p.recursive |= p.by_call_address;

  info.static_shared = p.static_shared;
  info.local_bytes = p.local_bytes;
  info.ptx_bytes = static_cast<uint32_t>(f.body.size());
  info.ptx_line = f.line;
  info.required_cluster = {f.cluster[0], f.cluster[1], f.cluster[2]};
  info.ptx_version = module.target();
  const uint64_t bound = f.maxntid[0]   ? uint64_t{f.maxntid[0]} * f.maxntid[1] * f.maxntid[2]
                         : f.reqntid[0] ? uint64_t{f.reqntid[0]} * f.reqntid[1] * f.reqntid[2]
                                        : 1024;
  info.max_threads = static_cast<uint32_t>(std::min<uint64_t>(bound, 1024));
  std::copy(f.reqntid, f.reqntid + 3, p.required_block);
  // What the compiler could keep if it had to: the file divided by the threads, in steps of 8.
  const uint32_t limit = std::clamp<uint32_t>(65536 / info.max_threads / 8 * 8, 16, 255);
  info.registers = std::clamp<uint32_t>(p.registers, 16, f.maxnreg ? std::min(f.maxnreg, limit) : limit);
  return program;
}

const FunctionCode* Decoder::callee(const FunctionRef& ref) {
  for (auto& [code, known] : program_.refs)
    if (known == &ref) return code;
  auto& code = program_.functions.emplace_back();
  code.name = ref.function->name;
  code.signature = signature_of(ref.function->prototype);
  program_.refs[&code] = &ref;
  return &code;
}

void Decoder::callees_by_address() {
  program_.by_call_address = true;
  for (const auto& [address, ref] : module_.taken())
    if (ref->function->has_body && !ref->function->entry) callee(*ref);
}

uint32_t Decoder::shared_offset(const ptx::Variable& v, const std::string& key) {
  const auto [it, fresh] = program_.shared_at.try_emplace({text_, key}, 0);
  if (!fresh) return it->second;
  program_.static_shared = static_cast<uint32_t>(round_up(program_.static_shared, std::max<uint32_t>(v.align, 1)));
  it->second = program_.static_shared;
  program_.static_shared += static_cast<uint32_t>(v.bytes());
  return it->second;
}

Decoder::NameValue Decoder::name_value(const ptx::Operand& o) {
  const auto shared = [&](const ptx::Variable& v, const std::string& key) -> NameValue {
    if (v.bytes() == 0) {  // unsized: the dynamic part
      program_.dynamic_align = std::max(program_.dynamic_align, v.align);
      return {o.value, MemSpace::kShared, true, false};
    }
    return {shared_offset(v, key) + o.value, MemSpace::kShared, false, false};
  };
  if (o.reg >= 0) {
    const auto& v = body_.variables[o.reg];
    if (v.space == ptx::Space::kShared) return shared(v, std::string(source_.name) + ":" + std::string(v.name));
    if (v.space == ptx::Space::kLocal || v.space == ptx::Space::kParam)
      return {variables_.at(o.reg) + o.value, MemSpace::kFrameParam, false, true};
    return {module_.body_variable(text_, source_.name, v).address + o.value, MemSpace::kGlobal, false, false};
  }
  const auto& prototype = source_.prototype;
  for (size_t i = 0; i < prototype.parameters.size(); ++i) {
    if (prototype.parameters[i].name != o.name) continue;
    if (source_.entry) return {program_.info.parameters[i].offset + o.value, MemSpace::kParam, false, false};
    return {function_.signature.parameters[i].offset + o.value, MemSpace::kFrameParam, false, true};
  }
  for (size_t i = 0; i < prototype.results.size(); ++i)
    if (prototype.results[i].name == o.name)
      return {function_.signature.results[i].offset + o.value, MemSpace::kFrameParam, false, true};
  if (const auto* symbol = module_.find_symbol(text_, o.name)) {
    if (symbol->constant) const_bytes_seen(*symbol);
    return {symbol->address + o.value, symbol->constant ? MemSpace::kConst : MemSpace::kGlobal, false, false};
  }
  if (const auto* v = module_.find_shared(text_, o.name)) return shared(*v, std::string(o.name));
  if (const auto* f = module_.find_function(text_, o.name)) {
    if (f->function->has_body && !f->function->entry) callee(*f);
    return {f->address, MemSpace::kGeneric, false, false};
  }
  refuse("the name " + std::string(o.name) + ", which is not defined");
}

void Decoder::const_bytes_seen(const ModuleSymbol& symbol) {
  if (program_.const_seen.insert(&symbol).second) program_.info.const_bytes += static_cast<uint32_t>(symbol.size);
}

// [base + offset] into a, imm and flags; the handler's space is `space` but for names that lie in the frame.
MemSpace Decoder::address(Inst& in, const ptx::Operand& o, MemSpace space) {
  if (o.kind != ptx::OperandKind::kAddress || o.elements.empty()) refuse("an operand that is no address");
  const auto& base = o.elements[0];
  uint32_t flags = 0;
  in.imm = o.value;
  if (base.kind == ptx::OperandKind::kRegister) {
    const Size size = register_size(base);
    if (size != Size::kWord && size != Size::kDouble) refuse("an address register of this size");
    flags = size == Size::kDouble ? kAddress64 : 0;
    in.a = slots_[base.reg];
    if (space == MemSpace::kParam && !source_.entry) space = MemSpace::kLocal;  // of a function
  } else if (base.kind == ptx::OperandKind::kInt) {
    flags = kAddressNone;
    in.imm += base.value;
  } else if (base.kind == ptx::OperandKind::kName) {
    const auto v = name_value(base);
    flags = kAddressNone;
    in.imm += v.value;
    if (v.frame) space = MemSpace::kFrameParam;
    else if (v.space == MemSpace::kParam) space = MemSpace::kParam;
    if (v.dynamic_shared) {
      const size_t index = static_cast<size_t>(&in - program_.code.data());
      if (index >= program_.code.size()) refuse("a second address by the name of dynamic shared memory");
      program_.dynamic_insts.push_back(index);
    }
  } else {
    refuse("an address of this kind");
  }
  in.flags |= flags | static_cast<uint32_t>(space) << kSpaceShift;
  return space;
}

}  // namespace ptxvm
