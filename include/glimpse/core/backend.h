// A device as the host sees it: memory, copies, a stream, a timer.
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "glimpse/core/device_info.h"
#include "glimpse/core/workspace.h"

namespace glimpse {

class Backend {
 public:
  virtual ~Backend() = default;
  virtual const DeviceInfo& info() const = 0;
  virtual Allocator allocator() const = 0;
  virtual void upload(void* device, const void* host, size_t bytes) = 0;
  virtual void download(void* host, const void* device, size_t bytes) = 0;
  virtual void copy(void* to, const void* from, size_t bytes) = 0;  // both on the device, not overlapping
  virtual void synchronize() = 0;
  virtual void* stream() { return nullptr; }
  // True where device memory is host memory.
  bool on_host() const { return info().kind == Device::cpu; }
};

// Memory of a backend, freed with it.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Backend& backend, size_t bytes);
  ~Buffer() { reset(); }
  Buffer(Buffer&& o) noexcept : allocator_(o.allocator_), data_(o.data_), bytes_(o.bytes_) { o.data_ = nullptr; }
  Buffer& operator=(Buffer&& o) noexcept;
  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  void reset();

 private:
  Allocator allocator_;
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

// The CPU of this process.
Backend& cpu_backend();
// The CUDA device (libglimpse_cuda.so and a CUDA runtime are needed); throws Error saying what is missing.
Backend& cuda_backend();
// "cpu", "cuda" or "auto" (cuda where there is hardware, else cpu).
Backend& backend(std::string_view name);
// Loads a shared object whose variants register themselves.
void load_plugin(const char* path);
// Called by libglimpse_cuda.so when it is loaded.
void register_cuda_backend(Backend* (*make)());

// CPU threads this process may use: min(affinity, cgroup quota), at least 1.
int usable_threads();

}  // namespace glimpse
