#include "gpu_clocks.h"

#include <dlfcn.h>

namespace glimpse::bench {
namespace {

// The functions and constants of nvml.h that are used; the library keeps them stable.
using Handle = void*;
constexpr int kSm = 1, kMemory = 2;

struct Library {
  int (*init)() = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*by_index)(unsigned, Handle*) = nullptr;
  int (*name)(Handle, char*, unsigned) = nullptr;
  int (*clock)(Handle, int, unsigned*) = nullptr;
  bool usable = false;

  Library() {
    void* at = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!at) return;
    const auto find = [at](auto& function, const char* symbol) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(at, symbol));
      return function != nullptr;
    };
    usable = find(init, "nvmlInit_v2") && find(count, "nvmlDeviceGetCount_v2") &&
             find(by_index, "nvmlDeviceGetHandleByIndex_v2") && find(name, "nvmlDeviceGetName") &&
             find(clock, "nvmlDeviceGetClockInfo") && init() == 0;
  }
};

}  // namespace

GpuClocks gpu_clocks(const std::string& device) {
  static const Library library;
  GpuClocks clocks;
  unsigned devices = 0;
  if (!library.usable || library.count(&devices) != 0) return clocks;
  for (unsigned i = 0; i < devices; ++i) {
    Handle handle = nullptr;
    char name[96] = "";
    if (library.by_index(i, &handle) != 0 || library.name(handle, name, sizeof name) != 0 || name != device) continue;
    library.clock(handle, kSm, &clocks.sm_mhz), library.clock(handle, kMemory, &clocks.memory_mhz);
    break;
  }
  return clocks;
}

}  // namespace glimpse::bench
