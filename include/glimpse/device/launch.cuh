// The one place where kernels are launched.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace glimpse::dev {

// Blocks of a launch, wide enough that a product of sizes is not cut before it is checked.
struct Grid {
  int64_t x, y = 1, z = 1;
};

constexpr int64_t kMostGridY = 65535;  // of y, and of z

inline constexpr int64_t blocks_of(int64_t items, int64_t per_block) { return (items + per_block - 1) / per_block; }

// Runs kernel(p) in blocks of `threads` with `shared_bytes` of dynamic shared memory; more than the 48 KB that every
// kernel may have are asked for. A grid without blocks is no work. Errors are the launch's own.
template <class Params>
cudaError_t launch(void (*kernel)(Params), Grid grid, int threads, size_t shared_bytes, cudaStream_t stream,
                   const std::type_identity_t<Params>& p) {
  if (!grid.x || !grid.y || !grid.z) return cudaSuccess;
  if (grid.x > INT32_MAX || grid.y > kMostGridY || grid.z > kMostGridY) return cudaErrorInvalidConfiguration;
  if (shared_bytes > 48 * 1024) {
    const auto attribute = cudaFuncAttributeMaxDynamicSharedMemorySize;
    if (const auto e = cudaFuncSetAttribute(kernel, attribute, int(shared_bytes))) return e;
  }
  kernel<<<dim3(unsigned(grid.x), unsigned(grid.y), unsigned(grid.z)), unsigned(threads), shared_bytes, stream>>>(p);
  return cudaGetLastError();
}

}  // namespace glimpse::dev
