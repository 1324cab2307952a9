#include <cpuid.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "glimpse/core/backend.h"
#include "glimpse/core/error.h"

namespace glimpse {

int usable_threads() {
  cpu_set_t set;
  int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : int(sysconf(_SC_NPROCESSORS_ONLN));
  std::ifstream quota_file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (quota_file >> quota >> period && quota != "max" && period > 0)
    n = std::min(n, int(std::ceil(std::strtod(quota.c_str(), nullptr) / period)));
  return std::max(n, 1);
}

namespace {

uint32_t detect_isa() {
  uint32_t isa = 0;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) isa |= kIsaAvx2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    isa |= kIsaAvx512;
  unsigned a, b, c, d;
  if ((isa & kIsaAvx512) && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 5))) isa |= kIsaAvx512Bf16;
  if ((isa & kIsaAvx512) && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & (1u << 22)) && (d & (1u << 24)))
    isa |= kIsaAmxBf16;
  return isa;
}

void processor_name(char* out, size_t size) {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0) {
      const size_t colon = line.find(": ");
      std::snprintf(out, size, "%s", colon == line.npos ? "processor" : line.c_str() + colon + 2);
      return;
    }
  std::snprintf(out, size, "processor");
}

// 2 MiB alignment and the hint for huge pages where it pays: activations and caches are streamed.
void* allocate(size_t bytes) {
  const size_t align = bytes >= (size_t(4) << 20) ? size_t(2) << 20 : 256;
  void* data = std::aligned_alloc(align, (std::max<size_t>(bytes, 1) + align - 1) / align * align);
  GLIMPSE_CHECK(data, "out of memory: %zu bytes asked for", bytes);
  if (align > 256) madvise(data, bytes, MADV_HUGEPAGE);
  return data;
}

class CpuBackend final : public Backend {
 public:
  CpuBackend() {
    info_.kind = Device::cpu;
    processor_name(info_.name, sizeof info_.name);
    info_.isa = detect_isa();
    info_.threads = usable_threads();
    info_.memory_bytes = int64_t(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    info_.l2_bytes = std::max<int64_t>(sysconf(_SC_LEVEL2_CACHE_SIZE), 256 << 10);
    info_.l3_bytes = std::max<int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), 0);
  }
  const DeviceInfo& info() const override { return info_; }
  Allocator allocator() const override { return {allocate, std::free}; }
  void upload(void* device, const void* host, size_t bytes) override { std::memcpy(device, host, bytes); }
  void download(void* host, const void* device, size_t bytes) override { std::memcpy(host, device, bytes); }
  void copy(void* to, const void* from, size_t bytes) override { std::memcpy(to, from, bytes); }
  void synchronize() override {}
  int64_t available_bytes() const override {
    const int64_t available = available_memory();
    return available > 0 ? available : info_.memory_bytes;
  }

 private:
  DeviceInfo info_;
};

}  // namespace

Backend& cpu_backend() {
  static CpuBackend backend;
  return backend;
}

}  // namespace glimpse
