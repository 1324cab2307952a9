// Device memory: a no-access reservation whose addresses kernels use, and an alias of it that the host side uses.
#pragma once

#include <atomic>
#include <map>
#include <shared_mutex>
#include <vector>

#include "machine.h"

namespace ptxvm {

class DeviceMemory final : public Memory {
 public:
  // `remember`: freed addresses are not used again while others are left, so that a use after free is seen, and
  // allocations keep a distance, so that an overrun does not end in the next one.
  // `track`: one bit for each byte says whether it was ever written (--check init).
  DeviceMemory(uint64_t total, bool remember, bool track);
  ~DeviceMemory() override;
  uint64_t allocate(uint64_t size, MemoryKind kind, std::string name) override;
  bool release(uint64_t address) override;
  bool find(uint64_t address, Allocation* found) const override;
  uint64_t used() const override;
  uint64_t total() const override { return total_; }
  bool add_host_range(const void* start, uint64_t size, std::string name) override;
  bool remove_host_range(const void* start) override;
  bool is_device(const void* address) const override;
  std::byte* alias(uint64_t address, uint64_t size) const override;
  bool copy(void* destination, const void* source, uint64_t size) override;
  bool fill(void* destination, int byte, uint64_t size) override;
  void mark_written(uint64_t address, uint64_t size) override;

  uint64_t base() const { return base_; }
  uint64_t high_water() const { return next_; }  // bytes of the reservation ever handed out
  uint64_t delta() const { return delta_; }
  uint64_t epoch() const {
    return epoch_.load(std::memory_order_relaxed);
  }  // changes with every allocation and release
  std::string describe(uint64_t address, uint64_t bytes) const override;
  // One bit for each byte of the reservation; nullptr unless tracked.
  uint8_t* written_bits() const { return written_; }

 private:
  struct Range {
    Allocation what;
    uint64_t span;  // bytes of the reservation
  };
  const Range* holding(uint64_t address) const;
  bool nearest(uint64_t address, Allocation* found) const;
  uint64_t guard(uint64_t span) const;
  uint64_t place(uint64_t span);
  bool resolve(const void* pointer, uint64_t size, std::byte** host, bool* device) const;
  void set_written(uint64_t address, uint64_t size, bool written);
  void copy_written(uint64_t to, uint64_t from, uint64_t size);

  static constexpr uint64_t kFirst = 1 << 20;  // what is written before the first allocation is still seen
  mutable std::shared_mutex mutex_;
  uint64_t total_, span_ = 0, base_ = 0, delta_ = 0, next_ = kFirst, used_ = 0;
  std::atomic<uint64_t> epoch_{1};
  bool remember_;
  uint8_t* written_ = nullptr;
  std::map<uint64_t, Range> living_, freed_;
  std::map<uint64_t, Allocation> host_;
};

}  // namespace ptxvm
