// Launches in every form, attributes of kernels, occupancy, the device, and the error model.
#include <cooperative_groups.h>

#include <cstring>

#include "runtime_test.h"

__global__ void sum_dynamic(int* out) {
  extern __shared__ int values[];
  values[threadIdx.x] = threadIdx.x;
  __syncthreads();
  if (threadIdx.x == 0) {
    int sum = 0;
    for (int i = 0; i < blockDim.x; ++i) sum += values[i];
    *out = sum;
  }
}
__global__ void two_phases(int* data, int* out, int blocks) {
  if (threadIdx.x == 0) data[blockIdx.x] = blockIdx.x + 1;
  cooperative_groups::this_grid().sync();
  if (blockIdx.x == 0 && threadIdx.x == 0) {
    *out = 0;
    for (int i = 0; i < blocks; ++i) *out += data[i];
  }
}
__global__ void __launch_bounds__(128) bounded(int* out) { *out = 1; }
__global__ void write_to(int* where) { *where = 1; }
__global__ void say(int n) { printf("thread %d of %s\n", threadIdx.x + n, "the block"); }

static void device() {
  int count, value;
  OK(cudaGetDeviceCount(&count));
  REQUIRE(count == 1);
  cudaDeviceProp p;
  OK(cudaGetDeviceProperties(&p, 0));
  REQUIRE(p.warpSize == 32 && p.major >= 8 && p.sharedMemPerBlock == 48 * 1024 && p.multiProcessorCount > 0);
  OK(cudaDeviceGetAttribute(&value, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0));
  REQUIRE(static_cast<size_t>(value) == p.sharedMemPerBlockOptin && value > 48 * 1024);
  EXPECT(cudaErrorInvalidDevice, cudaSetDevice(1));
  EXPECT(cudaErrorInvalidDevice, cudaGetDeviceProperties(&p, 3));
  cudaGetLastError();
  REQUIRE(std::strcmp(cudaGetErrorString(cudaErrorInvalidDevice), "invalid device ordinal") == 0);
  REQUIRE(std::strcmp(cudaGetErrorName(cudaErrorIllegalAddress), "cudaErrorIllegalAddress") == 0);
  size_t stack;
  OK(cudaDeviceSetLimit(cudaLimitStackSize, 4096));
  OK(cudaDeviceGetLimit(&stack, cudaLimitStackSize));
  REQUIRE(stack == 4096);
}

static void dynamic_shared(int* out) {
  cudaDeviceProp p;
  OK(cudaGetDeviceProperties(&p, 0));
  sum_dynamic<<<1, 128, 49 * 1024>>>(out);
  EXPECT(cudaErrorInvalidValue, cudaGetLastError());
  OK(cudaDeviceSynchronize());  // a refused launch poisons nothing
  const int optin = static_cast<int>(p.sharedMemPerBlockOptin);
  EXPECT(cudaErrorInvalidValue,
         cudaFuncSetAttribute(sum_dynamic, cudaFuncAttributeMaxDynamicSharedMemorySize, optin + 1));
  cudaGetLastError();
  OK(cudaFuncSetAttribute(sum_dynamic, cudaFuncAttributeMaxDynamicSharedMemorySize, optin));
  sum_dynamic<<<1, 128, optin>>>(out);
  OK(cudaGetLastError());
  REQUIRE(host_copy(out, 1)[0] == 127 * 64);
  int blocks;
  OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, sum_dynamic, 128, optin));
  REQUIRE(blocks == 1);
  size_t room;
  OK(cudaOccupancyAvailableDynamicSMemPerBlock(&room, sum_dynamic, 2, 128));
  REQUIRE(room > 0 && room <= p.sharedMemPerMultiprocessor / 2);
}

static void attributes(int* out) {
  cudaFuncAttributes a;
  OK(cudaFuncGetAttributes(&a, bounded));
  REQUIRE(a.maxThreadsPerBlock == 128 && a.ptxVersion == 80 && a.sharedSizeBytes == 0);
  bounded<<<1, 256>>>(out);
  REQUIRE(cudaGetLastError() != cudaSuccess);
  const char* name;
  OK(cudaFuncGetName(&name, reinterpret_cast<const void*>(bounded)));
  REQUIRE(std::strstr(name, "bounded"));
  int grid, block;
  OK(cudaOccupancyMaxPotentialBlockSize(&grid, &block, fill));
  REQUIRE(grid > 0 && block >= 32 && block % 32 == 0);
  size_t offset, size;
  OK(cudaFuncGetParamInfo(reinterpret_cast<const void*>(fill), 1, &offset, &size));
  REQUIRE(offset == 8 && size == 4);
  EXPECT(cudaErrorInvalidValue, cudaFuncGetParamInfo(reinterpret_cast<const void*>(fill), 3, &offset, &size));
  EXPECT(cudaErrorInvalidDeviceFunction, cudaFuncGetAttributes(&a, out));
  cudaGetLastError();
}

static void forms(int* out) {
  int value = 4, count = 1;
  void* arguments[] = {&out, &value, &count};
  OK(cudaLaunchKernel(reinterpret_cast<const void*>(fill), dim3(1), dim3(32), arguments, 0, 0));
  REQUIRE(host_copy(out, 1)[0] == 4);
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(1);
  config.blockDim = dim3(32);
  cudaLaunchAttribute priority = {};
  priority.id = cudaLaunchAttributePriority;
  config.attrs = &priority;
  config.numAttrs = 1;
  OK(cudaLaunchKernelEx(&config, fill, out, 5, 1));
  REQUIRE(host_copy(out, 1)[0] == 5);
  int *data, blocks = 4;
  OK(cudaMalloc(&data, blocks * sizeof(int)));
  void* cooperative[] = {&data, &out, &blocks};
  OK(cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(two_phases), dim3(blocks), dim3(64), cooperative));
  REQUIRE(host_copy(out, 1)[0] == 10);
  EXPECT(cudaErrorCooperativeLaunchTooLarge,
         cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(two_phases), dim3(100000), dim3(64), cooperative));
  cudaGetLastError();
  fill<<<0, 32>>>(out, 1, 1);
  EXPECT(cudaErrorInvalidConfiguration, cudaGetLastError());
  fill<<<1, 2048>>>(out, 1, 1);
  EXPECT(cudaErrorInvalidConfiguration, cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(data));
}

static void sticky() {
  write_to<<<1, 1>>>(nullptr);
  OK(cudaGetLastError());  // asynchronous: the launch itself was good
  EXPECT(cudaErrorIllegalAddress, cudaDeviceSynchronize());
  int* p;
  EXPECT(cudaErrorIllegalAddress, cudaMalloc(&p, 4));
  EXPECT(cudaErrorIllegalAddress, cudaGetLastError());
  EXPECT(cudaErrorIllegalAddress, cudaDeviceSynchronize());
}

int main() {
  int* out;
  OK(cudaMalloc(&out, 256));
  device();
  dynamic_shared(out);
  attributes(out);
  forms(out);
  say<<<1, 2>>>(1);
  OK(cudaDeviceSynchronize());
  OK(cudaFree(out));
  sticky();
  std::puts("ok");
}
