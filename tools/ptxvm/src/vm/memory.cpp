#include "memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <mutex>

namespace ptxvm {
namespace {

constexpr uint64_t kGranule = 512;
constexpr uint64_t kPage = 4096;
constexpr uint64_t kWantedBase = 0x0000'0200'0000'0000;  // far from where the loader and malloc put anything

uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

std::byte* map(uint64_t where, uint64_t size, int protection, int flags, int fd = -1) {
  void* at = mmap(reinterpret_cast<void*>(where), size, protection, flags, fd, 0);
  return at == MAP_FAILED ? nullptr : static_cast<std::byte*>(at);
}

constexpr int kLazy = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

}  // namespace

DeviceMemory::DeviceMemory(uint64_t total, bool remember, bool track) : total_(total), remember_(remember) {
  // Room for alignment, and for freed addresses to stay unused.
  span_ = round_up(total * 2 + (uint64_t{1} << 30), kPage);
  auto* base = map(kWantedBase, span_, PROT_NONE, kLazy | MAP_FIXED_NOREPLACE);
  if (!base) base = map(0, span_, PROT_NONE, kLazy);
  auto* alias = map(0, span_, PROT_READ | PROT_WRITE, kLazy);
  if (track) written_ = reinterpret_cast<uint8_t*>(map(0, span_ / 8, PROT_READ | PROT_WRITE, kLazy));
  if (!base || !alias || (track && !written_)) throw std::bad_alloc();
  base_ = reinterpret_cast<uint64_t>(base);
  delta_ = reinterpret_cast<uint64_t>(alias) - base_;
}

DeviceMemory::~DeviceMemory() {
  munmap(reinterpret_cast<void*>(base_), span_);
  munmap(reinterpret_cast<void*>(base_ + delta_), span_);
  if (written_) munmap(written_, span_ / 8);
}

// Offset of a free piece of the reservation, or span_ if there is none.
uint64_t DeviceMemory::place(uint64_t span) {
  const bool fits = span <= span_ && next_ <= span_ - span;
  if (!remember_ || !fits) {
    auto best = freed_.end();
    for (auto it = freed_.begin(); it != freed_.end(); ++it)
      if (it->second.span >= span && (best == freed_.end() || it->second.span < best->second.span)) best = it;
    if (best != freed_.end() && (best->second.span <= span * 2 || !fits)) {
      const uint64_t at = best->first - base_;
      const uint64_t left = best->second.span - span;
      Range rest = best->second;
      freed_.erase(best);
      if (left) {
        rest.what.address += span;
        rest.what.size = rest.what.size > span ? rest.what.size - span : 0;
        rest.span = left;
        freed_.emplace(rest.what.address, rest);
      }
      return at;
    }
  }
  if (!fits) return span_;
  const uint64_t at = next_;
  next_ += span;
  return at;
}

uint64_t DeviceMemory::allocate(uint64_t size, MemoryKind kind, std::string name) {
  std::unique_lock lock(mutex_);
  const bool device = kind == MemoryKind::kDevice || kind == MemoryKind::kSymbol;
  if (size == 0 || size > total_) return 0;
  if (kind != MemoryKind::kPinned && used_ + round_up(size, kGranule) > total_) return 0;
  // What the host shares is mapped twice, so it needs pages of its own.
  const uint64_t unit = device ? kGranule : kPage;
  if (!device) next_ = round_up(next_, kPage);
  const uint64_t span = round_up(size, unit);
  uint64_t at = place(span);
  if (at != span_ && !device && at % kPage != 0) {
    freed_.emplace(base_ + at, Range{{base_ + at, 0, kind, "", true}, span});
    next_ = round_up(next_, kPage);
    at = next_ + span <= span_ ? next_ : span_;
    next_ += at != span_ ? span : 0;
  }
  if (at == span_) return 0;
  const uint64_t address = base_ + at;
  if (!device) {
    const int fd = memfd_create("ptxvm", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(span)) != 0 ||
        !map(address, span, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd) ||
        !map(address + delta_, span, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd)) {
      if (fd >= 0) close(fd);
      return 0;
    }
    close(fd);
  }
  if (kind != MemoryKind::kPinned) used_ += span;
  ++epoch_;
  set_written(address, span, !device);  // the host's writes are not seen
  living_.emplace(address, Range{{address, size, kind, std::move(name), false}, span});
  return address;
}

bool DeviceMemory::release(uint64_t address) {
  std::unique_lock lock(mutex_);
  const auto it = living_.find(address);
  if (it == living_.end()) return false;
  Range range = it->second;
  living_.erase(it);
  const bool device = range.what.kind == MemoryKind::kDevice || range.what.kind == MemoryKind::kSymbol;
  if (!device) {
    map(address, range.span, PROT_NONE, kLazy | MAP_FIXED);
    map(address + delta_, range.span, PROT_READ | PROT_WRITE, kLazy | MAP_FIXED);
  } else if (range.span >= 16 * kPage) {
    const uint64_t first = round_up(address + delta_, kPage), last = (address + delta_ + range.span) / kPage * kPage;
    madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
  }
  if (range.what.kind != MemoryKind::kPinned) used_ -= range.span;
  range.what.freed = true;
  ++epoch_;
  freed_.emplace(address, std::move(range));
  return true;
}

const DeviceMemory::Range* DeviceMemory::holding(uint64_t address) const {
  auto it = living_.upper_bound(address);
  if (it == living_.begin()) return nullptr;
  --it;
  return address - it->first < it->second.what.size ? &it->second : nullptr;
}

bool DeviceMemory::find(uint64_t address, Allocation* found) const {
  std::shared_lock lock(mutex_);
  if (const auto* range = holding(address)) return *found = range->what, true;
  auto it = host_.upper_bound(address);
  if (it == host_.begin() || address - (--it)->first >= it->second.size) return false;
  *found = it->second;
  return true;
}

bool DeviceMemory::describe(uint64_t address, Allocation* found) const {
  if (find(address, found)) return true;
  std::shared_lock lock(mutex_);
  const Range* best = nullptr;
  for (const auto* ranges : {&living_, &freed_}) {
    const auto distance = [&](const Range& r) {
      const uint64_t end = r.what.address + r.what.size;
      return address < r.what.address ? r.what.address - address : address >= end ? address - end + 1 : 0;
    };
    const auto after = ranges->upper_bound(address);
    if (after != ranges->end() && (!best || distance(after->second) < distance(*best))) best = &after->second;
    if (after == ranges->begin()) continue;
    const Range& before = std::prev(after)->second;
    if (before.what.size && (!best || distance(before) < distance(*best))) best = &before;
  }
  if (best) *found = best->what;
  return best != nullptr;
}

uint64_t DeviceMemory::used() const {
  std::shared_lock lock(mutex_);
  return used_;
}

bool DeviceMemory::add_host_range(const void* start, uint64_t size, std::string name) {
  std::unique_lock lock(mutex_);
  const auto address = reinterpret_cast<uint64_t>(start);
  auto it = host_.upper_bound(address);
  if (it != host_.end() && it->first < address + size) return false;
  if (it != host_.begin() && address - (--it)->first < it->second.size) return false;
  host_.emplace(address, Allocation{address, size, MemoryKind::kPinned, std::move(name), false});
  return true;
}

bool DeviceMemory::remove_host_range(const void* start) {
  std::unique_lock lock(mutex_);
  return host_.erase(reinterpret_cast<uint64_t>(start)) != 0;
}

bool DeviceMemory::is_device(const void* address) const { return reinterpret_cast<uint64_t>(address) - base_ < span_; }

std::byte* DeviceMemory::alias(uint64_t address, uint64_t size) const {
  std::shared_lock lock(mutex_);
  const auto* range = holding(address);
  if (!range || size > range->what.size - (address - range->what.address)) return nullptr;
  return reinterpret_cast<std::byte*>(address + delta_);
}

// Where the host reads or writes the range; `device` says whether it is in the reservation.
bool DeviceMemory::resolve(const void* pointer, uint64_t size, std::byte** host, bool* device) const {
  const auto address = reinterpret_cast<uint64_t>(pointer);
  *device = is_device(pointer);
  *host = *device ? alias(address, size) : static_cast<std::byte*>(const_cast<void*>(pointer));
  return *host != nullptr;
}

bool DeviceMemory::copy(void* destination, const void* source, uint64_t size) {
  std::byte *to, *from;
  bool device_to, device_from;
  if (!resolve(destination, size, &to, &device_to) || !resolve(source, size, &from, &device_from)) return false;
  std::memmove(to, from, size);
  if (device_to) mark_written(reinterpret_cast<uint64_t>(destination), size);
  return true;
}

bool DeviceMemory::fill(void* destination, int byte, uint64_t size) {
  std::byte* to;
  bool device;
  if (!resolve(destination, size, &to, &device)) return false;
  std::memset(to, byte, size);
  if (device) mark_written(reinterpret_cast<uint64_t>(destination), size);
  return true;
}

void DeviceMemory::mark_written(uint64_t address, uint64_t size) { set_written(address, size, true); }

// Blocks that run side by side may share a byte of the bitmap, hence the atomic operations.
void DeviceMemory::set_written(uint64_t address, uint64_t size, bool written) {
  if (!written_) return;
  uint64_t bit = address - base_;
  const uint64_t end = bit + size;
  for (; bit < end && (bit & 7 || end - bit < 8); ++bit) {
    const uint8_t mask = static_cast<uint8_t>(1u << (bit & 7));
    if (written) __atomic_fetch_or(&written_[bit / 8], mask, __ATOMIC_RELAXED);
    else __atomic_fetch_and(&written_[bit / 8], static_cast<uint8_t>(~mask), __ATOMIC_RELAXED);
  }
  std::memset(written_ + bit / 8, written ? 0xff : 0, (end - bit) / 8);
  for (bit += (end - bit) / 8 * 8; bit < end; ++bit) {
    const uint8_t mask = static_cast<uint8_t>(1u << (bit & 7));
    if (written) __atomic_fetch_or(&written_[bit / 8], mask, __ATOMIC_RELAXED);
    else __atomic_fetch_and(&written_[bit / 8], static_cast<uint8_t>(~mask), __ATOMIC_RELAXED);
  }
}

}  // namespace ptxvm
