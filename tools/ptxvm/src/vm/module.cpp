#include "module.h"

#include <bit>

#include "decode.h"

namespace ptxvm {
namespace {

int target_number(std::string_view target) {
  int number = 0;
  for (const char c : target)
    if (c >= '0' && c <= '9') number = number * 10 + (c - '0');
  return number;
}

bool shared_name(const ptx::Variable& v) { return v.is_visible || v.is_weak || v.is_extern || v.is_common; }

}  // namespace

Signature signature_of(const ptx::Prototype& prototype) {
  Signature s;
  const auto add = [&](const std::vector<ptx::Variable>& list, std::vector<Place>& places) {
    for (const auto& v : list) {
      const uint32_t align = v.align ? v.align : 1;
      s.bytes = (s.bytes + align - 1) / align * align;
      places.push_back({s.bytes, static_cast<uint32_t>(v.bytes())});
      s.bytes += static_cast<uint32_t>(v.bytes());
    }
  };
  add(prototype.results, s.results);
  add(prototype.parameters, s.parameters);
  s.bytes = (s.bytes + 15) / 16 * 16;
  return s;
}

ModuleImpl::ModuleImpl(const std::vector<std::string_view>& texts, DeviceMemory& memory, const Options& options)
    : memory_(memory), options_(options) {
  copies_.reserve(texts.size());
  for (const auto& text : texts) copies_.emplace_back(text);
  try {
    for (const auto& text : copies_) texts_.push_back(ptx::parse_text(text));
  } catch (const ptx::SyntaxError& error) {
    throw PtxError{error.message};
  } catch (const std::string& message) {
    throw PtxError{message};
  }
  symbol_of_.resize(texts_.size());
  function_of_.resize(texts_.size());
  for (size_t i = 0; i < texts_.size(); ++i) {
    target_ = std::max(target_, target_number(texts_[i].target));
    declare(i);
  }
  for (auto& symbol : symbols_) initialise(symbol);
}

ModuleImpl::~ModuleImpl() {
  for (const auto& symbol : symbols_)
    if (symbol.address) memory_.release(symbol.address);
}

void ModuleImpl::declare(size_t text) {
  for (const auto& v : texts_[text].variables) {
    if (v.space != ptx::Space::kGlobal && v.space != ptx::Space::kConst) continue;
    if (v.is_extern) continue;
    if (shared_name(v) && global_.contains(v.name)) {  // .weak and .common come in several texts
      symbol_of_[text][v.name] = global_[v.name];
      continue;
    }
    auto& symbol = symbols_.emplace_back();
    symbol.name = v.name;
    symbol.variable = &v;
    symbol.text = text;
    define(symbol);
    symbol_of_[text][v.name] = &symbol;
    if (shared_name(v)) global_[v.name] = &symbol;
  }
  for (const auto& f : texts_[text].functions) {
    auto& known = function_of_[text][f.name];
    if (known && known->function->has_body) continue;
    const bool shared = f.is_visible || f.is_weak;
    if (shared && f.has_body && global_function_.contains(f.name)) {
      known = global_function_[f.name];
      continue;
    }
    if (!known) {
      known = &functions_.emplace_back();
      known->address = kCodeWindow + 16 * functions_.size();
      by_address_[known->address] = known;
    }
    known->function = &f;
    known->text = text;
    if (shared && f.has_body) global_function_[f.name] = known;
    if (f.entry && f.has_body && !kernels_.contains(f.name)) {
      auto kernel = std::make_unique<Kernel>();
      kernel->module = this;
      kernel->function = &f;
      kernel->text = text;
      kernel->name = f.name;
      kernels_.emplace(f.name, std::move(kernel));
    }
  }
}

void ModuleImpl::define(ModuleSymbol& symbol) {
  const auto& v = *symbol.variable;
  symbol.constant = v.space == ptx::Space::kConst;
  symbol.managed = v.managed;
  symbol.size = v.bytes();
  if (symbol.size == 0) return;
  symbol.address = memory_.allocate(symbol.size, v.managed ? MemoryKind::kManaged : MemoryKind::kSymbol, symbol.name);
  if (!symbol.address) throw PtxError{"no memory for the variable " + symbol.name};
}

uint64_t ModuleImpl::value_of(size_t text, const ptx::InitItem& item) const {
  if (item.symbol.empty()) return item.value;
  uint64_t address = item.value;
  if (const auto* symbol = find_symbol(text, item.symbol)) address += symbol->address;
  else if (const auto* function = find_function(text, item.symbol)) address += function->address;
  else throw PtxError{"an initialiser uses " + std::string(item.symbol) + ", which is not defined"};
  return item.byte >= 0 ? address >> (8 * item.byte) & 0xff : address;
}

void ModuleImpl::initialise(const ModuleSymbol& symbol) {
  if (!symbol.address) return;
  const auto& v = *symbol.variable;
  auto* to = memory_.alias(symbol.address, symbol.size);
  std::memset(to, 0, symbol.size);
  // Vectors are initialised element by element.
  const uint32_t bytes = v.type.ends_with("ref") ? 8 : ptx::type_bytes(v.type);
  uint64_t at = 0;
  for (const auto& item : v.init) {
    if (at + bytes > symbol.size) throw PtxError{"the initialiser of " + symbol.name + " is too long"};
    uint64_t value = value_of(symbol.text, item);
    if (item.is_float && bytes == 4)
      value = std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(item.value)));
    if (item.is_float32 && bytes == 8)
      value = std::bit_cast<uint64_t>(static_cast<double>(std::bit_cast<float>(uint32_t(item.value))));
    std::memcpy(to + at, &value, std::min<uint32_t>(bytes, 8));
    at += bytes;
  }
  memory_.mark_written(symbol.address, symbol.size);
}

const ModuleSymbol& ModuleImpl::body_variable(size_t text, std::string_view function, const ptx::Variable& variable) {
  const auto key = std::to_string(text) + ":" + std::string(function) + ":" + std::string(variable.name);
  auto& known = body_symbols_[key];
  if (known) return *known;
  // The body's variables die with its syntax tree, so this one is kept.
  auto& symbol = symbols_.emplace_back();
  symbol.name = variable.name;
  symbol.variable = &variable;
  symbol.text = text;
  define(symbol);
  initialise(symbol);
  symbol.variable = nullptr;
  known = &symbol;
  return symbol;
}

const ModuleSymbol* ModuleImpl::find_symbol(size_t text, std::string_view name) const {
  const auto own = symbol_of_[text].find(name);
  if (own != symbol_of_[text].end()) return own->second;
  const auto global = global_.find(name);
  return global == global_.end() ? nullptr : global->second;
}

const FunctionRef* ModuleImpl::find_function(size_t text, std::string_view name) const {
  const auto own = function_of_[text].find(name);
  const FunctionRef* found = own == function_of_[text].end() ? nullptr : own->second;
  if (found && !found->function->alias_of.empty()) return find_function(text, found->function->alias_of);
  if (found && found->function->has_body) return found;
  const auto global = global_function_.find(name);
  return global == global_function_.end() ? found : global->second;
}

const ptx::Variable* ModuleImpl::find_shared(size_t text, std::string_view name) const {
  for (const auto& v : texts_[text].variables)
    if (v.space == ptx::Space::kShared && v.name == name) return &v;
  return nullptr;
}

std::vector<std::string> ModuleImpl::kernel_names() const {
  std::vector<std::string> names;
  for (const auto& [name, kernel] : kernels_) names.push_back(name);
  return names;
}

const Kernel* ModuleImpl::kernel(std::string_view name) {
  const auto it = kernels_.find(name);
  return it == kernels_.end() ? nullptr : it->second.get();
}

const Symbol* ModuleImpl::symbol(std::string_view name) {
  const auto global = global_.find(name);
  if (global != global_.end()) return global->second;
  for (const auto& of : symbol_of_)
    if (const auto it = of.find(name); it != of.end()) return it->second;
  return nullptr;
}

Program& ModuleImpl::program(const Kernel& kernel) {
  auto& k = const_cast<Kernel&>(kernel);
  if (!k.program) {
    try {
      k.program = decode(*this, k);
    } catch (const ptx::SyntaxError& error) {
      throw PtxError{"kernel " + k.name + ": " + error.message};
    } catch (const std::string& message) {
      throw PtxError{"kernel " + k.name + ": " + message};
    }
  }
  return *k.program;
}

const KernelInfo& ModuleImpl::info(const Kernel& kernel) { return program(kernel).info; }

}  // namespace ptxvm
