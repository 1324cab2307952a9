// Which registers of a body may share storage.
#pragma once

#include <vector>

#include "ptx/ast.h"

namespace ptxvm {

struct Sharing {
  std::vector<uint32_t> slot;  // by register: number of its slot among those of its size
  uint32_t words = 0;          // 32-bit registers alive at once, at most
};

// Registers of one size share a slot where their ranges of life do not touch. A result never shares the slot of an
// operand of the same instruction, since an instruction may become several handlers.
Sharing share_registers(const ptx::Body& body);

}  // namespace ptxvm
