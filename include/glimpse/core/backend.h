// A device as the host sees it: memory, copies, a stream, a timer.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "glimpse/core/device_info.h"
#include "glimpse/core/workspace.h"

namespace glimpse {

// Points in time as the device's work passes them.
class StreamClock {
 public:
  virtual ~StreamClock() = default;
  virtual void mark() = 0;                  // behind all that was launched so far
  virtual std::vector<double> times() = 0;  // waits; seconds of each mark since the clock was made; forgets the marks
};

// Launches recorded once, to be launched again as a whole.
class LaunchGraph {
 public:
  virtual ~LaunchGraph() = default;
  virtual void launch() = 0;
};

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
  // Bytes that can be allocated now.
  virtual int64_t available_bytes() const { return info().memory_bytes; }
  // Null where an operation is done when its call returns: the host's clock tells then.
  virtual std::unique_ptr<StreamClock> clock() { return nullptr; }
  // Runs `work` with its launches recorded instead of executed; it must neither copy nor wait. Null, and nothing run,
  // on a device that has no such thing.
  virtual std::unique_ptr<LaunchGraph> record(const std::function<void()>& /*work*/) { return nullptr; }
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

// Bytes that this process can still allocate: the least of what the machine has available and what each control group
// (v2 or v1) above the process leaves it; file pages that can be dropped count as available. `root`: in whose /proc and
// /sys to look. 0: nothing is known.
int64_t available_memory(const std::string& root = "");
// CPU threads this process may use: min(affinity, cgroup quota), at least 1.
int usable_threads();

}  // namespace glimpse
