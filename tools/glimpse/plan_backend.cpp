// A device whose memory is address space: every allocation is counted, nothing is ever copied or computed.
#include "plan_backend.h"

#include <sys/mman.h>

#include <algorithm>
#include <unordered_map>

#include "glimpse/core/error.h"

namespace glimpse::cli {

namespace {

struct Ledger {
  std::unordered_map<void*, size_t> bytes;
  int64_t current = 0, peak = 0;
};

Ledger& ledger() {
  static Ledger it;
  return it;
}

void* reserve(size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  GLIMPSE_CHECK(data != MAP_FAILED, "no address space to plan %zu bytes; a smaller context needs less", bytes);
  Ledger& l = ledger();
  l.bytes[data] = bytes;
  l.current += int64_t(bytes);
  l.peak = std::max(l.peak, l.current);
  return data;
}

void release(void* data) {
  Ledger& l = ledger();
  const auto found = l.bytes.find(data);
  munmap(data, found->second);
  l.current -= int64_t(found->second);
  l.bytes.erase(found);
}

}  // namespace

PlanBackend::PlanBackend(const DeviceInfo& device) : info_(device) { ledger().peak = ledger().current; }
Allocator PlanBackend::allocator() const { return {reserve, release}; }
int64_t PlanBackend::current() { return ledger().current; }
int64_t PlanBackend::peak() { return ledger().peak; }

}  // namespace glimpse::cli
