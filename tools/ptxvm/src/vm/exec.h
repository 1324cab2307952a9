// Running a program: blocks, failures, and the handlers that are compiled once (the SIMD ones are in simd/).
#pragma once

#include <bit>
#include <string>
#include <vector>

#include "inst.h"
#include "memory.h"
#include "program.h"
#include "simd/lanes.h"

namespace ptxvm {

class ModuleImpl;

struct Failure {
  Status status = Status::kSuccess;
  bool fatal = false;
  std::string report;
};

// What a checker, or an assertion, says about one instruction.
struct Finding {
  uint32_t source;
  std::string text;
};

struct Barrier {
  uint32_t arrived = 0;           // threads
  uint32_t expected = 0;          // 0: all that live
  uint32_t count = 0, votes = 0;  // of bar.red
  bool active = false;
};

// A cp.async that its lanes have not waited for, or (0 bytes) an arrival on a barrier that follows their copies.
struct AsyncEntry {
  uint32_t mask, bytes;
  uint32_t group[32];
  std::byte* to[32];
  std::byte data[32][16];
};
struct AsyncCopies {         // of a warp, in the order of issue
  uint32_t groups[32] = {};  // that a lane has committed
  std::vector<AsyncEntry> entries;
};

// What all blocks of one launch share.
struct Launch {
  Program* program = nullptr;
  ModuleImpl* module = nullptr;
  DeviceMemory* memory = nullptr;
  const Options* options = nullptr;
  Dim3 grid, block, cluster;
  uint64_t id = 0;
  uint64_t workspace = 0;  // of a cooperative launch: its size in 4 bytes, then the grid's barrier
  uint32_t dynamic_base = 0, shared_bytes = 0, dynamic_bytes = 0;
  uint32_t reserved_at = 0;  // where the system's part of shared memory is kept, which cooperative groups use
  uint32_t warps = 0, threads = 0;
  uint64_t register_bytes = 0;  // of one warp, all frames
  uint64_t local_bytes = 0;     // of one thread
  const std::byte* parameters = nullptr;
  struct Debug* debug = nullptr;  // --trace and --break-on-nan
  uint64_t limit = 0;             // warp instructions of a block; 0: none
};

struct Block {
  const Launch* launch = nullptr;
  uint64_t index = 0;
  uint32_t at[3] = {0, 0, 0};
  std::vector<Warp> warps;
  std::byte* shared = nullptr;
  Barrier barriers[16];
  uint32_t alive = 0;
  uint32_t next_warp = 0;
  std::string output, trace;
  Failure failure;
  std::vector<Finding> findings;
  uint64_t finding_count = 0;
  std::vector<uint8_t> shared_written;  // --check init
  std::vector<AsyncCopies> async;       // by warp
  uint32_t async_arrivals = 0;
};
// --check init: bytes of shared memory are as if never written while a cp.async is on its way to them.
void mark_shared(Block& block, const std::byte* at, uint32_t bytes, bool written);

enum class BlockState { kDone, kYielded, kFailed };
BlockState run_block(Block& block);

// Ends the warp with an error; the handler returns what this returns.
const Inst* fail(Warp* w, const Inst* in, Status status, const std::string& what, int lane = -1, bool fatal = false);
// "block (0,0,0) thread (3,0,0)": where a lane is.
std::string demangled(const std::string& name);
std::string position(const Warp* w, int lane);
std::string where(const Warp* w, const Inst* in, int lane);

std::string finding_text(const Warp* w, const Inst* in, int lane, const std::string& what);
// The registers that the instruction names, as one lane sees them.
std::string register_values(const Warp* w, const Source& source, int lane);

// --trace and --break-on-nan: called after each instruction; false after a failure.
struct Debug {
  std::string kernel;
  int64_t block = -1, thread = -1;
  bool trace = false, nan = false;
};
bool wanted_debug(const Options& options, const std::string& kernel, Debug* debug);
bool after_instruction(Warp* w, const Inst* in, uint32_t mask);

inline Program& program_of(const Warp* w) { return *w->block->launch->program; }
inline int first_lane(uint32_t mask) { return std::countr_zero(mask); }

// The addresses of a memory instruction, and the host pointers of its active lanes; false after a failure.
void bad_address(Warp* w, const Inst* in, int lane, Status status, uint64_t address, uint32_t bytes);
void lane_addresses(const Warp* w, const Inst* in, uint64_t* address);
bool lane_pointers(Warp* w, const Inst* in, uint32_t bytes, bool store, uint64_t* address, std::byte** p);

// The warp stops running; its scheduler decides what comes next.
inline const Inst* reschedule(Warp* w, const Inst* pc, Stop why = Stop::kReschedule) {
  w->pc = pc;
  w->stop = why;
  return nullptr;
}
// `.sync` instructions: true if the lanes of `members` (one mask for each lane) are all here. If not, *next is what the
// handler returns, and the instruction is tried again later.
bool gather(Warp* w, const Inst* in, const uint32_t* members, const Inst** next);
// A lane that does not name itself as a member would get an undefined result: false after that failure.
bool check_members(Warp* w, const Inst* in, const uint32_t* member);
void barrier_exit(Block& block);
bool release_barriers(Block& block);

template <class T>
T* reg(Warp* w, uint32_t operand) {
  return lanes::at<T>(w, operand);
}

// The lanes of a mask, lowest first: for (const uint32_t i : Lanes{mask}).
struct Lanes {
  uint32_t mask;
  struct Iterator {
    uint32_t left;
    uint32_t operator*() const { return static_cast<uint32_t>(std::countr_zero(left)); }
    Iterator& operator++() {
      left &= left - 1;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return left != other.left; }
  };
  Iterator begin() const { return {mask}; }
  Iterator end() const { return {0}; }
};

namespace exec {

#define PTXVM_HANDLER(name) const Inst* name(Warp* w, const Inst* in)
PTXVM_HANDLER(guard);
PTXVM_HANDLER(branch);
PTXVM_HANDLER(branch_if);
PTXVM_HANDLER(branch_index);
PTXVM_HANDLER(call);
PTXVM_HANDLER(ret);
PTXVM_HANDLER(exit);
PTXVM_HANDLER(trap);
PTXVM_HANDLER(breakpoint);
PTXVM_HANDLER(nanosleep);
PTXVM_HANDLER(nothing);
PTXVM_HANDLER(not_modelled);
PTXVM_HANDLER(frame_address32);
PTXVM_HANDLER(frame_address64);
PTXVM_HANDLER(special);
PTXVM_HANDLER(load_parameter);
PTXVM_HANDLER(print);
PTXVM_HANDLER(assertion);
PTXVM_HANDLER(device_malloc);
PTXVM_HANDLER(device_free);
PTXVM_HANDLER(is_space);
PTXVM_HANDLER(to_space);
PTXVM_HANDLER(from_space);

}  // namespace exec

}  // namespace ptxvm
