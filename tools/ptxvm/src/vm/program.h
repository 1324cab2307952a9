// A kernel with every function it may call, decoded: instructions, constants, and where everything lies.
#pragma once

#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "inst.h"
#include "machine.h"
#include "ptx/ast.h"

namespace ptxvm {

// A register that an instruction names.
struct RegisterRef {
  std::string_view name, type;
  uint32_t slot = 0, bytes = 0;  // 0: a predicate
};

// Where an instruction comes from.
struct Source {
  uint32_t line = 0, file = 0, source_line = 0, inlined_file = 0, inlined_line = 0;
  std::string_view text;      // the opcode with its modifiers
  std::string_view function;  // mangled
  const std::map<uint32_t, std::string>* files = nullptr;
  std::string_view ptx;  // the whole text
  std::vector<RegisterRef> registers;
  bool writes_first = false;  // the first register is the result
  uint32_t used_bytes = ~0u;  // of a load, by lane: what --check init looks at
  bool only_stored = false;   // of a load: its result is stored elsewhere and used for nothing else
};

// A function's parameters and results lie at the start of its local memory.
struct Place {
  uint32_t offset = 0, size = 0;
};
struct Signature {
  std::vector<Place> results, parameters;
  uint32_t bytes = 0;
};
Signature signature_of(const ptx::Prototype& prototype);

struct FunctionCode {
  std::string_view name;
  uint32_t entry = 0;        // index of its first instruction
  uint32_t frame_bytes = 0;  // registers
  uint32_t local_bytes = 0;
  Signature signature;
  bool decoded = false;
};

struct CallSite {
  const FunctionCode* target = nullptr;  // nullptr: the address is in operand a
  struct Move {
    uint32_t caller, callee, size;
  };
  std::vector<Move> arguments, results;
  const FunctionCode* caller = nullptr;
};

// Stands in the 64 bytes before a frame's registers.
struct Frame {
  const Inst* back;  // nullptr: the kernel itself
  std::byte* caller;
  const CallSite* site;
  std::byte* end;
  uint32_t caller_local;
};
constexpr uint32_t kFrameHeader = 64;
static_assert(sizeof(Frame) <= kFrameHeader);
inline Frame& frame_of(std::byte* registers) { return *reinterpret_cast<Frame*>(registers - kFrameHeader); }

// Function addresses are the same in every kernel of a module.
constexpr uint64_t kCodeWindow = 0x0000'7004'0000'0000;

struct alignas(64) ConstantLine {
  std::byte bytes[64];
};

struct Program {
  std::vector<Inst> code;
  std::vector<Source> sources;
  std::vector<ConstantLine> constants;
  std::deque<FunctionCode> functions;  // [0] is the kernel
  std::map<uint64_t, const FunctionCode*> by_address;
  std::deque<std::vector<uint32_t>> lists;   // Inst::more
  std::vector<std::shared_ptr<void>> owned;  // Inst::info
  KernelInfo info;
  uint32_t static_shared = 0;  // bytes of .shared variables
  uint32_t dynamic_base = 0;   // where dynamic shared memory starts
  uint32_t local_bytes = 0;    // of one thread, all frames of the deepest call
  bool recursive = false;      // or calls by address: the stack limit counts
  bool serial = false;         // blocks may see each other: they run in order on one thread
  // Used while decoding.
  std::map<std::pair<int, uint64_t>, uint32_t> constant_at;
  std::vector<std::pair<size_t, size_t>> branches;               // instruction, index of its target
  std::vector<size_t> dynamic_insts;                             // their imm lacks dynamic_base
  std::vector<std::pair<uint32_t, uint32_t>> dynamic_constants;  // offset, bytes of a lane
  std::map<std::pair<size_t, std::string>, uint32_t> shared_at;  // text and name ("function:name" in a body)
  uint32_t dynamic_align = 16;
  uint32_t registers = 16;  // estimate of the 32-bit registers alive at once
  uint32_t required_block[3] = {0, 0, 0};
  std::map<const FunctionCode*, const struct FunctionRef*> refs;
  std::map<const FunctionCode*, std::vector<const FunctionCode*>> calls;
  std::set<const void*> const_seen;
  bool by_call_address = false;
};

}  // namespace ptxvm
