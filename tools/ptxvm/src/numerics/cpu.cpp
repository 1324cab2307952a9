#include "cpu.h"

#include <cstdlib>

namespace ptxvm {
bool has_avx512() {
  static const bool found = [] {
    __builtin_cpu_init();
    const bool hardware = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                          __builtin_cpu_supports("avx512cd");
    return hardware && std::getenv("PTXVM_NO_AVX512") == nullptr;
  }();
  return found;
}
}  // namespace ptxvm
