#include <cstdio>
#include <cstring>

#include "glimpse/core/backend.h"
#include "glimpse/device/check.cuh"

namespace glimpse {
namespace {

void* allocate(size_t bytes) {
  void* data = nullptr;
  CUDA_CHECK(cudaMalloc(&data, bytes ? bytes : 1));
  return data;
}
void release(void* data) { cudaFree(data); }

int attribute(cudaDeviceAttr which) {
  int value = 0;
  CUDA_CHECK(cudaDeviceGetAttribute(&value, which, 0));
  return value;
}

class CudaBackend final : public Backend {
 public:
  CudaBackend() {
    int devices = 0;
    CUDA_CHECK(cudaGetDeviceCount(&devices));
    GLIMPSE_CHECK(devices > 0, "the CUDA runtime finds no device; use --device cpu");
    cudaDeviceProp properties;
    CUDA_CHECK(cudaGetDeviceProperties(&properties, 0));
    std::snprintf(info_.name, sizeof info_.name, "%s", properties.name);
    info_.kind = Device::cuda;
    info_.is_virtual = std::strncmp(properties.name, "ptxvm", 5) == 0;  // ptxvm says so in the name
    info_.memory_bytes = int64_t(properties.totalGlobalMem);
    info_.l2_bytes = properties.l2CacheSize;
    info_.sm = properties.major * 10 + properties.minor;
    info_.sm_count = properties.multiProcessorCount;
    info_.smem_per_block = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin);
    info_.smem_per_sm = attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor);
    info_.regs_per_sm = attribute(cudaDevAttrMaxRegistersPerMultiprocessor);
    info_.threads_per_sm = attribute(cudaDevAttrMaxThreadsPerMultiProcessor);
    CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
  }
  ~CudaBackend() override { cudaStreamDestroy(stream_); }
  const DeviceInfo& info() const override { return info_; }
  Allocator allocator() const override { return {allocate, release}; }
  void upload(void* device, const void* host, size_t bytes) override {
    CUDA_CHECK(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream_));
    synchronize();
  }
  void download(void* host, const void* device, size_t bytes) override {
    CUDA_CHECK(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream_));
    synchronize();
  }
  void copy(void* to, const void* from, size_t bytes) override {
    CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_));
  }
  void synchronize() override { CUDA_CHECK(cudaStreamSynchronize(stream_)); }
  void* stream() override { return stream_; }

 private:
  DeviceInfo info_;
  cudaStream_t stream_ = nullptr;
};

[[maybe_unused]] const bool registered = (register_cuda_backend([]() -> Backend* { return new CudaBackend; }), true);

}  // namespace
}  // namespace glimpse
