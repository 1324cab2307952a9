#include "memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>

namespace ptxvm {
namespace {

constexpr uint64_t kGranule = 512;
constexpr uint64_t kPage = 4096;
constexpr uint64_t kWantedBase = 0x0000'0200'0000'0000;  // far from where the loader and malloc put anything

// Between allocations of a checked run: as much again as they are long, within these bounds.
constexpr uint64_t kLeastGuard = uint64_t{64} << 10, kMostGuard = uint64_t{64} << 20;

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

uint64_t DeviceMemory::guard(uint64_t span) const {
  return remember_ ? round_up(std::clamp(span, kLeastGuard, kMostGuard), kPage) : 0;
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
  next_ += std::min(span + guard(span), span_ - next_);
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
    next_ += at != span_ ? std::min(span + guard(span), span_ - next_) : 0;
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

// The range, living or freed, that holds the address, or the one next to it.
bool DeviceMemory::nearest(uint64_t address, Allocation* found) const {
  if (find(address, found)) return true;
  std::shared_lock lock(mutex_);
  const Allocation* best = nullptr;
  const auto distance = [&](const Allocation& a) {
    const uint64_t end = a.address + a.size;
    return address < a.address ? a.address - address : address >= end ? address - end + 1 : 0;
  };
  const auto offer = [&](const Allocation& a) {
    if (a.size != 0 && (!best || distance(a) < distance(*best))) best = &a;
  };
  const auto around = [&](const auto& ranges, auto what) {
    const auto after = ranges.upper_bound(address);
    if (after != ranges.end()) offer(what(after->second));
    if (after != ranges.begin()) offer(what(std::prev(after)->second));
  };
  if (is_device(reinterpret_cast<const void*>(address))) {
    const auto what = [](const Range& r) -> const Allocation& { return r.what; };
    around(living_, what);
    around(freed_, what);
  } else {
    around(host_, [](const Allocation& a) -> const Allocation& { return a; });
    if (best && distance(*best) > kLeastGuard) best = nullptr;
  }
  if (best) *found = *best;
  return best != nullptr;
}

std::string DeviceMemory::describe(uint64_t address, uint64_t bytes) const {
  Allocation a;
  if (address < 4096) return "it is a null pointer";
  if (!nearest(address, &a))
    return is_device(reinterpret_cast<const void*>(address)) ? "nothing is allocated"
                                                             : "it may be a pointer of the host";
  const std::string name = a.name + " (" + std::to_string(a.size) + " bytes)";
  if (address < a.address) return "it is " + std::to_string(a.address - address) + " bytes before " + name;
  const uint64_t offset = address - a.address;
  if (a.freed && offset < a.size) return "it is in " + name + ", which was freed";
  if (offset >= a.size) return "it is " + std::to_string(offset - a.size) + " bytes past the end of " + name;
  if (bytes > a.size - offset)
    return std::to_string(offset + bytes - a.size) + " bytes of it are past the end of " + name;
  return "it is in " + name;
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
  const auto written = reinterpret_cast<uint64_t>(destination);
  if (device_from && device_to) copy_written(written, reinterpret_cast<uint64_t>(source), size);
  else if (device_to) mark_written(written, size);
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

// A copy of what was never written is as if never written.
void DeviceMemory::copy_written(uint64_t to, uint64_t from, uint64_t size) {
  if (!written_) return;
  const auto bit = [&](uint64_t i) { return (written_[(from + i - base_) / 8] >> ((from + i) & 7) & 1) != 0; };
  for (uint64_t start = 0, i = 0; i < size; start = i) {
    const bool state = bit(start);
    const uint8_t whole = state ? 0xff : 0;
    while (i < size && bit(i) == state)
      i += ((from + i) & 7) == 0 && size - i >= 8 && written_[(from + i - base_) / 8] == whole ? 8 : 1;
    set_written(to + start, i - start, state);
  }
}

}  // namespace ptxvm
