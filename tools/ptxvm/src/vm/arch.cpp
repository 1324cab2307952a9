// The virtual GPUs there are, with their limits (CUDA programming guide, technical specifications; SMs, L2 and memory
// of the usual product: A100, RTX 3090, RTX 4090, H100, B200, RTX 5090).
#include "machine.h"

namespace ptxvm {
namespace {

constexpr uint32_t kKiB = 1024;
constexpr uint32_t kMiB = 1024 * kKiB;
constexpr uint64_t kGiB = 1024 * uint64_t{kMiB};

//  name, major, minor, specific, sms, shared: block, opt-in, sm, reserved, registers: sm, block, threads: sm, block,
//  blocks, L2, memory
constexpr Arch kArchs[] = {
    {"sm_80", 8, 0, false, 108, 48 * kKiB, 163 * kKiB, 164 * kKiB, kKiB, 65536, 65536, 2048, 1024, 32, 40 * kMiB,
     80 * kGiB},
    {"sm_86", 8, 6, false, 82, 48 * kKiB, 99 * kKiB, 100 * kKiB, kKiB, 65536, 65536, 1536, 1024, 16, 6 * kMiB,
     24 * kGiB},
    {"sm_89", 8, 9, false, 128, 48 * kKiB, 99 * kKiB, 100 * kKiB, kKiB, 65536, 65536, 1536, 1024, 24, 72 * kMiB,
     24 * kGiB},
    {"sm_90a", 9, 0, true, 132, 48 * kKiB, 227 * kKiB, 228 * kKiB, kKiB, 65536, 65536, 2048, 1024, 32, 50 * kMiB,
     80 * kGiB},
    {"sm_100", 10, 0, false, 148, 48 * kKiB, 227 * kKiB, 228 * kKiB, kKiB, 65536, 65536, 2048, 1024, 32, 126 * kMiB,
     179 * kGiB},
    {"sm_120", 12, 0, false, 170, 48 * kKiB, 99 * kKiB, 100 * kKiB, kKiB, 65536, 65536, 1536, 1024, 24, 96 * kMiB,
     32 * kGiB},
};

}  // namespace

const Arch* find_arch(std::string_view name) {
  if (name.starts_with("sm_")) name.remove_prefix(3);
  for (const auto& arch : kArchs)
    if (arch.name.substr(3) == name) return &arch;
  return nullptr;
}

std::vector<std::string_view> arch_names() {
  std::vector<std::string_view> names;
  for (const auto& arch : kArchs) names.push_back(arch.name);
  return names;
}

}  // namespace ptxvm
