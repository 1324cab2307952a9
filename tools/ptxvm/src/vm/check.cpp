// --check: is an access within a living allocation, and was what it reads ever written?
#include <algorithm>

#include "decode.h"
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

bool known(const DeviceMemory& memory, uint64_t address, uint64_t bytes) {
  const auto inside = [&] { return address >= last.begin && address + bytes <= last.end; };
  if (last.memory == &memory && last.epoch == memory.epoch() && inside()) return true;
  Allocation a;
  const uint64_t epoch = memory.epoch();
  if (!memory.find(address, &a)) return false;
  last = {&memory, epoch, a.address, a.address + a.size};
  return inside();
}

// CUB's merge sort reads the item after a run, written or not, and then ignores it.
bool reads_ahead(const Program& program, const Source& source) {
  if (program.info.name.find("DeviceMergeSort") != std::string::npos) return true;
  if (source.files == nullptr) return false;
  const auto file = source.files->find(source.file);
  return file != source.files->end() && file->second.ends_with("cub/block/block_merge_sort.cuh");
}

void unwritten(Warp* w, const Inst* in, int lane, const std::string& what) {
  auto& block = *w->block;
  if (reads_ahead(program_of(w), program_of(w).sources[in->source])) return;
  ++block.finding_count;
  for (const auto& finding : block.findings)
    if (finding.source == in->source) return;
  block.findings.push_back({in->source, finding_text(w, in, lane, "read of " + what)});
}

// One bit for each byte, eight to a byte. Blocks that run side by side share bytes of the global bitmap.
bool all_written(const uint8_t* bits, uint64_t at, uint64_t count) {
  for (const uint64_t end = at + count; at < end;) {
    const uint64_t n = std::min<uint64_t>(8 - (at & 7), end - at);
    const auto mask = static_cast<uint8_t>(((1u << n) - 1) << (at & 7));
    if ((__atomic_load_n(bits + at / 8, __ATOMIC_RELAXED) & mask) != mask) return false;
    at += n;
  }
  return true;
}
void set_written(uint8_t* bits, uint64_t at, uint64_t count) {
  for (const uint64_t end = at + count; at < end;) {
    const uint64_t n = std::min<uint64_t>(8 - (at & 7), end - at);
    const auto mask = static_cast<uint8_t>(((1u << n) - 1) << (at & 7));
    if ((__atomic_load_n(bits + at / 8, __ATOMIC_RELAXED) & mask) != mask)
      __atomic_fetch_or(bits + at / 8, mask, __ATOMIC_RELAXED);
    at += n;
  }
}

bool being_copied(const Block& block, const std::byte* at) {
  for (const auto& copies : block.async)
    for (const auto& entry : copies.entries)
      for (const uint32_t i : Lanes{entry.mask})
        if (at >= entry.to[i] && at < entry.to[i] + entry.bytes) return true;
  return false;
}

// The first byte that the load uses and nothing wrote, or `count`. Structures are moved in whole words, with their
// padding: an integer whose first bytes were written and the rest was not is taken for that, and so is what follows
// the written part of a load whose result is only stored.
uint64_t first_unwritten(const Source& source, const uint8_t* bits, uint64_t at, uint64_t count) {
  const auto written = [&](uint64_t i) { return all_written(bits, at + i, 1); };
  const auto wanted = [&](uint64_t i) { return (source.used_bytes >> (i & 31) & 1) != 0 && !written(i); };
  // Whether the bytes up to `end` are some written ones and then only unwritten ones.
  const auto padded = [&](uint64_t begin, uint64_t end) {
    uint64_t i = begin;
    while (i < end && written(i)) ++i;
    const bool some = i > begin;
    while (i < end && !written(i)) ++i;
    return some && i == end;
  };
  const std::string_view type = source.text.substr(source.text.rfind('.') + 1);
  const uint64_t size = std::max<uint64_t>(bits_of_type(type) / 8, 1);
  for (uint64_t i = 0; i < count; ++i) {
    if (!wanted(i)) continue;
    const uint64_t begin = i / size * size;
    if (type[0] != 'f' && padded(begin, std::min(begin + size, count))) continue;
    return source.only_stored && padded(0, count) ? count : i;
  }
  return count;
}

// Reads must find their bytes written, stores write them. `bits` and `at` are the bitmap's and the place in it.
void initialise(Warp* w, const Inst* in, int lane, uint8_t* bits, uint64_t at, uint64_t count, bool store,
                uint64_t address) {
  if (store) return set_written(bits, at, count);
  if (all_written(bits, at, count)) return;
  const auto& source = program_of(w).sources[in->source];
  const uint64_t first = first_unwritten(source, bits, at, count);
  if (first == count) return;
  if (bits == w->block->shared_written.data())
    return unwritten(w, in, lane,
                     "shared memory at byte " + std::to_string(at + first) +
                         (being_copied(*w->block, w->shared + at + first) ? " before the cp.async to it was waited for"
                                                                          : " that was never written"));
  Allocation a;
  w->block->launch->memory->find(address, &a);
  unwritten(w, in, lane,
            a.name + " (" + std::to_string(a.size) + " bytes) at byte " + std::to_string(address + first - a.address) +
                " that was never written");
}

// Where the lanes' bytes lie, if they follow each other without gaps; most accesses are like that.
bool one_range(const Warp* w, const uint64_t* address, uint32_t bytes, uint64_t* from) {
  uint64_t expected = address[first_lane(w->mask)];
  *from = expected;
  for (const uint32_t i : Lanes{w->mask}) {
    if (address[i] != expected) return false;
    expected += bytes;
  }
  return true;
}

}  // namespace

void mark_shared(Block& block, const std::byte* at, uint32_t bytes, bool written) {
  uint8_t* bits = block.shared_written.data();
  const auto from = static_cast<uint64_t>(at - block.shared);
  if (bits == nullptr) return;
  if (written) return set_written(bits, from, bytes);
  for (uint64_t i = from; i < from + bytes; ++i) bits[i / 8] &= static_cast<uint8_t>(~(1u << (i & 7)));
}

}  // namespace ptxvm

extern "C" bool ptxvm_check(void* warp, const void* inst, const uint64_t* address, std::byte* const* pointer,
                            uint32_t bytes, bool store) {
  using namespace ptxvm;
  auto* w = static_cast<Warp*>(warp);
  const auto* in = static_cast<const Inst*>(inst);
  const auto& memory = *w->block->launch->memory;
  const auto space = static_cast<MemSpace>(in->flags >> kSpaceShift & 0xf);
  if (space == MemSpace::kLocal || space == MemSpace::kFrameParam) return true;
  const int first = first_lane(w->mask);
  const bool init = (w->check & kInit) != 0;
  auto& shared_bits = w->block->shared_written;
  uint64_t from;
  if (w->mask != 0 && one_range(w, address, bytes, &from)) {
    const uint64_t count = static_cast<uint64_t>(std::popcount(w->mask)) * bytes;
    const auto in_shared = static_cast<uint64_t>(pointer[first] - w->shared);
    if (in_shared < w->shared_size && in_shared + count <= w->shared_size) {
      if (!init) return true;
      if (store || all_written(shared_bits.data(), in_shared, count)) {
        if (store) set_written(shared_bits.data(), in_shared, count);
        return true;
      }
    } else if (memory.is_device(reinterpret_cast<const void*>(from)) && known(memory, from, count)) {
      if (!init) return true;
      uint8_t* bits = memory.written_bits();
      if (store || all_written(bits, from - memory.base(), count)) {
        if (store) set_written(bits, from - memory.base(), count);
        return true;
      }
    }
  }
  for (const uint32_t i : Lanes{w->mask}) {
    const auto in_shared = static_cast<uint64_t>(pointer[i] - w->shared);
    const int lane = static_cast<int>(i);
    if (in_shared < w->shared_size) {
      if (init) initialise(w, in, lane, shared_bits.data(), in_shared, bytes, store, address[i]);
      continue;
    }
    if (!memory.is_device(reinterpret_cast<const void*>(address[i]))) continue;  // local, parameters, pinned
    if ((w->check & kMemory) != 0 && !known(memory, address[i], bytes)) {
      bad_address(w, in, lane, Status::kIllegalAddress, address[i], bytes);
      return false;
    }
    if (init) initialise(w, in, lane, memory.written_bits(), address[i] - memory.base(), bytes, store, address[i]);
  }
  return true;
}
