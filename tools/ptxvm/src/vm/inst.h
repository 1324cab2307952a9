// The decoded form of instructions and the state of a warp: plain data, shared by the core and the SIMD objects.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ptxvm {

struct Warp;
struct Inst;
struct Block;
struct CallSite;
struct Code;

// Runs one instruction for the lanes of warp->mask. The next instruction, or nullptr when the warp has to be scheduled
// anew (warp->stop says why).
using Handler = const Inst* (*)(Warp*, const Inst*);

// Operands are byte offsets into the register file of the frame, or into the constants if bit 0 is set.
struct Inst {
  Handler fn = nullptr;
  uint32_t d = 0, a = 0, b = 0, c = 0;
  uint64_t imm = 0;
  const uint32_t* more = nullptr;  // further operands
  const void* info = nullptr;      // what the handler needs besides
  uint32_t flags = 0;
  uint32_t source = 0;  // index into Code::sources
};
static_assert(sizeof(Inst) == 56);

enum class Stop : uint32_t { kNone, kReschedule, kYield, kError };

enum class Wait : uint32_t { kReady, kBarrier, kWarpSync, kMerge };

struct Split {
  const Inst* pc;
  std::byte* registers;
  uint32_t mask, local, depth;
  Wait wait;
  uint32_t wait_mask;  // kWarpSync, kMerge: the lanes waited for
  uint32_t barrier;    // kBarrier
  const Inst* barrier_at;
};

struct Warp {
  std::byte* base[2];  // registers of the frame, constants
  uint32_t mask;       // lanes that execute
  uint32_t alive;      // lanes that have not exited
  const Inst* pc;      // where to go on after a stop
  const Inst* limit;   // another split waits here: look for merging before going on
  uint64_t count, thread_count;
  uint64_t reservation, reservation_size;  // device memory
  uint64_t delta;                          // address + delta = where the host reads it
  std::byte* shared;
  uint64_t shared_size;
  std::byte* locals;  // of lane 0
  uint64_t local_size, local_stride;
  uint32_t local;  // offset of the frame's local memory
  uint32_t depth;
  const std::byte* parameters;
  uint64_t parameter_bytes;
  uint32_t check;  // bit 0: memory, bit 1: initialisation
  Stop stop;
  uint32_t slice;  // backward branches left
  uint32_t current, splits;
  Split split[33];
  uint32_t turn, turn_left, turn_lane;  // lanes preferred after a yield, for how long, and whose turn it was last
  Block* block;
  uint32_t index;
  std::byte* registers_end;
  alignas(64) uint32_t tid[3][32];
};

// Generic addresses of what is not device memory.
constexpr uint64_t kSharedWindow = 0x0000'7001'0000'0000;
constexpr uint64_t kLocalWindow = 0x0000'7002'0000'0000;
constexpr uint64_t kParamWindow = 0x0000'7003'0000'0000;
constexpr uint64_t kWindowBytes = 0x0000'0000'0100'0000;
// Where the system's part of shared memory appears: far behind the block's own, so that no overrun falls into it.
constexpr uint64_t kReservedShared = kWindowBytes - 0x1'0000;

enum class MemSpace : uint8_t { kGeneric, kGlobal, kShared, kLocal, kConst, kParam, kFrameParam };

// flags of memory instructions
constexpr uint32_t kAddress64 = 1;    // the address register has 64 bits
constexpr uint32_t kAddressNone = 2;  // the address is imm alone
constexpr uint32_t kSpaceShift = 4;

struct OpEntry {
  const char* name;  // normalised opcode
  const char* form;  // "W=WW": P predicate, H 16 bits, W 32, D 64; left of '=' the results
  Handler fn;
};

struct OpTable {
  const OpEntry* entries;
  uint64_t count;
};

// Memory handlers by size: element bytes (1, 2, 4, 8, 16 as 0..4), elements (1, 2, 4, 8 as 0..3).
struct MemTable {
  Handler load[8][5][4];  // by MemSpace (kFrameParam as kLocal); register bytes are in flags bits 8..15, signed bit 16
  Handler store[8][5][4];
};
constexpr uint32_t kRegBytesShift = 8;
constexpr uint32_t kSignedLoad = 1u << 16;

}  // namespace ptxvm

extern "C" {
// Gives each active lane's address its host pointer, or raises the error and answers false.
bool ptxvm_resolve(void* warp, const void* inst, const uint64_t* address, std::byte** pointer, uint32_t bytes);
// --check: false if the access must not happen.
bool ptxvm_check(void* warp, const void* inst, const uint64_t* address, std::byte* const* pointer, uint32_t bytes,
                 bool store);
}
