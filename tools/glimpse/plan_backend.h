// A device whose memory is address space: every allocation is counted, nothing is ever copied or computed.
#pragma once
#include "glimpse/core/backend.h"

namespace glimpse::cli {

class PlanBackend final : public Backend {
 public:
  // Stands for `device`; one at a time, since allocators are plain functions.
  explicit PlanBackend(const DeviceInfo& device);
  const DeviceInfo& info() const override { return info_; }
  Allocator allocator() const override;
  void upload(void*, const void*, size_t) override {}
  void copy(void*, const void*, size_t) override {}
  void download(void*, const void*, size_t) override {}
  void synchronize() override {}
  int64_t available_bytes() const override { return INT64_MAX; }

  // Bytes allocated now, and at their highest since the backend was made.
  static int64_t current();
  static int64_t peak();

 private:
  DeviceInfo info_;
};

}  // namespace glimpse::cli
