// What every runtime_*.cu program shares: checks that name themselves, and three small kernels.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <vector>

#define REQUIRE(condition)                                                           \
  do {                                                                               \
    if (!(condition)) {                                                              \
      std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                                  \
    }                                                                                \
  } while (0)
#define EXPECT(error, call)                                                                                  \
  do {                                                                                                       \
    const cudaError_t got_ = (call);                                                                         \
    if (got_ != (error)) {                                                                                   \
      std::fprintf(stderr, "%s:%d: %s gave %s, not %s\n", __FILE__, __LINE__, #call, cudaGetErrorName(got_), \
                   cudaGetErrorName(error));                                                                 \
      std::exit(1);                                                                                          \
    }                                                                                                        \
  } while (0)
#define OK(call) EXPECT(cudaSuccess, call)

__global__ void fill(int* out, int value, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) out[i] = value;
}

__global__ void add(const int* a, const int* b, int* out, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) out[i] = a[i] + b[i];
}

__global__ void increment(int* out, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) out[i] += 1;
}

inline std::vector<int> host_copy(const int* device, int count) {
  std::vector<int> host(count, -1);
  OK(cudaMemcpy(host.data(), device, count * sizeof(int), cudaMemcpyDeviceToHost));
  return host;
}

inline bool all_are(const std::vector<int>& values, int value) {
  for (const int v : values)
    if (v != value) return false;
  return true;
}
