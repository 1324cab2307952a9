// The SIMD handlers by name, sizes of types and registers, and the table of what is modelled.
#include <map>
#include <set>
#include <unordered_map>

#include "decode.h"
#include "numerics/cpu.h"

extern "C" {
ptxvm::OpTable ptxvm_integer_avx2();
ptxvm::OpTable ptxvm_integer_avx512();
ptxvm::OpTable ptxvm_float_avx2();
ptxvm::OpTable ptxvm_float_avx512();
void ptxvm_memory_avx2(ptxvm::MemTable*);
void ptxvm_memory_avx512(ptxvm::MemTable*);
}

namespace ptxvm {
namespace {

// "x" in a form is the size of the name's last type.
std::string spelled(const OpEntry& entry) {
  std::string form = entry.form;
  const std::string_view name = entry.name;
  char letter = 'W';
  if (name.ends_with("16")) letter = 'H';
  if (name.ends_with("64")) letter = 'D';
  if (name.starts_with("addd") || name.starts_with("subd")) letter = 'D';
  for (char& c : form)
    if (c == 'x') c = letter;
  return std::string(name) + " " + form;
}

const std::unordered_map<std::string, Handler>& op_map() {
  static const auto* map = [] {
    auto* made = new std::unordered_map<std::string, Handler>;
    for (const auto& table : {has_avx512() ? ptxvm_integer_avx512() : ptxvm_integer_avx2(),
                              has_avx512() ? ptxvm_float_avx512() : ptxvm_float_avx2()})
      for (uint64_t i = 0; i < table.count; ++i) (*made)[spelled(table.entries[i])] = table.entries[i].fn;
    return made;
  }();
  return *map;
}

}  // namespace

Handler find_op(std::string_view name, std::string_view form) {
  const auto it = op_map().find(std::string(name) + " " + std::string(form));
  return it == op_map().end() ? nullptr : it->second;
}

std::string_view op_form(std::string_view name) {
  static const auto* forms = [] {
    auto* made = new std::unordered_map<std::string, std::string>;
    for (const auto& [key, fn] : op_map()) {
      const size_t blank = key.find(' ');
      (*made)[key.substr(0, blank)] = key.substr(blank + 1);
    }
    return made;
  }();
  const auto it = forms->find(std::string(name));
  return it == forms->end() ? std::string_view() : it->second;
}

const MemTable& mem_table() {
  static const auto* table = [] {
    auto* made = new MemTable{};
    has_avx512() ? ptxvm_memory_avx512(made) : ptxvm_memory_avx2(made);
    return made;
  }();
  return *table;
}

uint32_t slot_bytes(Size size) {
  constexpr uint32_t kBytes[] = {4, 64, 128, 256, 512};
  return kBytes[static_cast<int>(size)];
}

Size size_of_bytes(uint32_t bytes) {
  switch (bytes) {
    case 0: return Size::kPred;
    case 1:
    case 2: return Size::kHalf;
    case 4: return Size::kWord;
    case 8: return Size::kDouble;
    default: return Size::kQuad;
  }
}

Size size_of_letter(char letter) {
  return letter == 'P'   ? Size::kPred
         : letter == 'H' ? Size::kHalf
         : letter == 'W' ? Size::kWord
         : letter == 'D' ? Size::kDouble
                         : Size::kQuad;
}

uint32_t bits_of_type(std::string_view type) {
  if (type == "pred") return 1;
  if (type == "tf32") return 32;
  if (type == "e4m3" || type == "e5m2" || type == "e2m3" || type == "e3m2" || type == "e2m1" || type == "ue8m0")
    return 8;
  if (type == "e4m3x2" || type == "e5m2x2") return 16;
  if (type == "f32x2") return 64;
  try {
    return ptx::type_bytes(type) * 8;
  } catch (const std::string&) {
    return 0;
  }
}

// Each family's opcodes, and where they are SIMD handlers the forms there are.
std::string instruction_table() {
  std::map<std::string, std::set<std::string>> forms;
  for (const auto& [key, fn] : op_map()) {
    const std::string name = key.substr(0, key.find(' '));
    const size_t dot = name.find('.');
    if (dot != std::string::npos) forms[name.substr(0, dot)].insert(name.substr(dot));
  }
  std::string text;
  for (const auto& family : families()) {
    text += std::string(family.title) + ":\n";
    std::string_view rest = family.opcodes;
    while (!rest.empty()) {
      const size_t blank = std::min(rest.find(' '), rest.size());
      const std::string op(rest.substr(0, blank));
      text += "  " + op;
      for (const auto& form : forms[op]) text += " " + form;
      text += "\n";
      rest.remove_prefix(std::min(blank + 1, rest.size()));
    }
  }
  return text;
}

}  // namespace ptxvm
