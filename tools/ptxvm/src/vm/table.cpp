// The table of what is modelled, from the families of the decoder.
#include "decode.h"

namespace ptxvm {

std::string instruction_table() {
  std::string text;
  for (const auto& family : families()) text += std::string(family.title) + ": " + std::string(family.opcodes) + "\n";
  return text;
}

}  // namespace ptxvm
