// PTX texts linked together: symbols with their addresses, functions, and kernels decoded on demand.
#pragma once

#include <list>
#include <unordered_map>

#include "memory.h"
#include "program.h"

namespace ptxvm {

class ModuleImpl;

class Kernel {
 public:
  ModuleImpl* module;
  const ptx::Function* function;
  size_t text;
  std::unique_ptr<Program> program;  // once decoded
  std::string name;
};

struct ModuleSymbol : Symbol {
  const ptx::Variable* variable = nullptr;
  size_t text = 0;
};

// What names of one text stand for; a name that is not .visible is known to its own text only.
struct FunctionRef {
  const ptx::Function* function = nullptr;
  size_t text = 0;
  uint64_t address = 0;
};

class ModuleImpl final : public Module {
 public:
  ModuleImpl(const std::vector<std::string_view>& texts, DeviceMemory& memory, const Options& options);
  ~ModuleImpl() override;
  std::vector<std::string> kernel_names() const override;
  const Kernel* kernel(std::string_view name) override;
  const Symbol* symbol(std::string_view name) override;
  const KernelInfo& info(const Kernel& kernel) override;
  int target() const override { return target_; }

  Program& program(const Kernel& kernel);
  // As seen from a text; nullptr if there is none.
  const ModuleSymbol* find_symbol(size_t text, std::string_view name) const;
  const FunctionRef* find_function(size_t text, std::string_view name) const;
  const ptx::Variable* find_shared(size_t text, std::string_view name) const;
  const ptx::Text& text(size_t index) const { return texts_[index]; }
  std::string_view copy(size_t index) const { return copies_[index]; }
  const std::map<uint64_t, const FunctionRef*>& taken() const { return by_address_; }
  // Variables of function bodies, made when the body is decoded.
  const ModuleSymbol& body_variable(size_t text, std::string_view function, const ptx::Variable& variable);
  const Options& options() const { return options_; }
  DeviceMemory& memory() { return memory_; }

 private:
  void declare(size_t text);
  void define(ModuleSymbol& symbol);
  void initialise(const ModuleSymbol& symbol);
  uint64_t value_of(size_t text, const ptx::InitItem& item) const;

  DeviceMemory& memory_;
  const Options& options_;
  std::vector<std::string> copies_;
  std::vector<ptx::Text> texts_;
  int target_ = 0;
  std::list<ModuleSymbol> symbols_;
  std::vector<std::map<std::string_view, ModuleSymbol*>> symbol_of_;  // by text
  std::map<std::string_view, ModuleSymbol*> global_;
  std::list<FunctionRef> functions_;
  std::vector<std::map<std::string_view, FunctionRef*>> function_of_;
  std::map<std::string_view, FunctionRef*> global_function_;
  std::map<uint64_t, const FunctionRef*> by_address_;
  std::map<std::string, std::unique_ptr<Kernel>, std::less<>> kernels_;
  std::map<std::string, ModuleSymbol*, std::less<>> body_symbols_;
};

}  // namespace ptxvm
