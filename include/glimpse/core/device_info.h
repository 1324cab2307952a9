// What a variant may ask about the machine it would run on. Plain data: tile choices are pure functions of it.
#pragma once
#include <cstdint>

namespace glimpse {

enum class Device : uint8_t { cpu, cuda, any };

constexpr const char* name_of(Device d) { return d == Device::cpu ? "cpu" : d == Device::cuda ? "cuda" : "any"; }

// Instruction sets a CPU variant may need; the machine's are found by cpuid at run time.
enum Isa : uint32_t {
  kIsaBase = 0,
  kIsaAvx2 = 1,         // AVX2 + FMA
  kIsaAvx512 = 2,       // F, BW, DQ, VL
  kIsaAvx512Bf16 = 4,   // vdpbf16ps
  kIsaAmxBf16 = 8,
};

struct DeviceInfo {
  Device kind = Device::cpu;
  char name[96] = "";
  int64_t memory_bytes = 0;
  // CPU
  uint32_t isa = 0;
  int threads = 1;
  int64_t l2_bytes = 0;  // per core (CPU) or of the chip (CUDA)
  int64_t l3_bytes = 0;
  // CUDA
  int sm = 0;  // compute capability times ten: 80, 86, 89, 90, 100, 120
  int sm_count = 0;
  int64_t smem_per_block = 0;  // opt-in limit
  int64_t smem_per_sm = 0;
  int regs_per_sm = 65536;
  int threads_per_sm = 0;
  bool is_virtual = false;  // a functional model, not hardware: never timed
};

// Code for compute capability `min` and up, or for exactly `exact` (arch-specific features such as wgmma).
struct Arch {
  int min = 0, exact = 0;
  bool runs_on(int sm) const { return exact ? sm == exact : sm >= min; }
};

}  // namespace glimpse
