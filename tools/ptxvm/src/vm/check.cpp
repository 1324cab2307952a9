// --check: is an access within a living allocation, and was what it reads ever written?
#include <algorithm>

#include "exec.h"

namespace ptxvm {
namespace {

constexpr uint32_t kMemory = 1, kInit = 2;

// The allocation that was found last on this thread: most accesses stay in one.
struct Last {
  const DeviceMemory* memory = nullptr;
  uint64_t epoch = 0, begin = 0, end = 0;
};
thread_local Last last;

bool known(const DeviceMemory& memory, uint64_t address, uint32_t bytes) {
  const auto inside = [&] { return address >= last.begin && address + bytes <= last.end; };
  if (last.memory == &memory && last.epoch == memory.epoch() && inside()) return true;
  Allocation a;
  const uint64_t epoch = memory.epoch();
  if (!memory.find(address, &a)) return false;
  last = {&memory, epoch, a.address, a.address + a.size};
  return inside();
}

void unwritten(Warp* w, const Inst* in, int lane, const std::string& where_) {
  auto& block = *w->block;
  ++block.finding_count;
  for (const auto& finding : block.findings)
    if (finding.source == in->source) return;
  block.findings.push_back({in->source, finding_text(w, in, lane, "read of " + where_ + " that was never written")});
}

// Shared memory: one bit for each byte.
void shared_init(Warp* w, const Inst* in, int lane, uint64_t offset, uint32_t bytes, bool store) {
  auto& bits = w->block->shared_written;
  for (uint64_t i = offset; i < offset + bytes && i / 8 < bits.size(); ++i) {
    if (store) {
      bits[i / 8] = static_cast<uint8_t>(bits[i / 8] | 1u << (i & 7));
    } else if ((bits[i / 8] >> (i & 7) & 1) == 0) {
      return unwritten(w, in, lane, "shared memory at byte " + std::to_string(i));
    }
  }
}

void global_init(Warp* w, const Inst* in, int lane, uint64_t address, uint32_t bytes, bool store) {
  auto& memory = *w->block->launch->memory;
  if (store) return memory.mark_written(address, bytes);
  const uint64_t at = memory.first_unwritten(address, bytes);
  if (at == bytes) return;
  Allocation a;
  memory.find(address, &a);
  unwritten(w, in, lane,
            a.name + " (" + std::to_string(a.size) + " bytes) at byte " + std::to_string(address + at - a.address));
}

}  // namespace
}  // namespace ptxvm

extern "C" bool ptxvm_check(void* warp, const void* inst, const uint64_t* address, std::byte* const* pointer,
                            uint32_t bytes, bool store) {
  using namespace ptxvm;
  auto* w = static_cast<Warp*>(warp);
  const auto* in = static_cast<const Inst*>(inst);
  const auto& memory = *w->block->launch->memory;
  const auto space = static_cast<MemSpace>(in->flags >> kSpaceShift & 0xf);
  if (space == MemSpace::kLocal || space == MemSpace::kFrameParam) return true;
  for (const uint32_t i : Lanes{w->mask}) {
    const uint64_t in_shared = static_cast<uint64_t>(pointer[i] - w->shared);
    const int lane = static_cast<int>(i);
    if (in_shared < w->shared_size) {
      if ((w->check & kInit) != 0) shared_init(w, in, lane, in_shared, bytes, store);
      continue;
    }
    if (!memory.is_device(reinterpret_cast<const void*>(address[i]))) continue;  // local, parameters, pinned
    if ((w->check & kMemory) != 0 && !known(memory, address[i], bytes)) {
      bad_address(w, in, lane, Status::kIllegalAddress, address[i], bytes);
      return false;
    }
    if ((w->check & kInit) != 0) global_init(w, in, lane, address[i], bytes, store);
  }
  return true;
}
