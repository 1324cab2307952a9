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

// Events of a pool that grows to the most marks between two calls of times().
class CudaClock final : public StreamClock {
 public:
  explicit CudaClock(cudaStream_t stream) : stream_(stream) {
    CUDA_CHECK(cudaEventCreate(&start_));
    CUDA_CHECK(cudaEventRecord(start_, stream_));
  }
  ~CudaClock() override {
    cudaEventDestroy(start_);
    for (const cudaEvent_t e : events_) cudaEventDestroy(e);
  }
  void mark() override {
    if (used_ == events_.size()) {
      events_.emplace_back();
      CUDA_CHECK(cudaEventCreate(&events_.back()));
    }
    CUDA_CHECK(cudaEventRecord(events_[used_++], stream_));
  }
  std::vector<double> times() override {
    std::vector<double> seconds(used_);
    if (used_) CUDA_CHECK(cudaEventSynchronize(events_[used_ - 1]));
    for (size_t i = 0; i < used_; ++i) {
      float milliseconds = 0;
      CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start_, events_[i]));
      seconds[i] = 1e-3 * milliseconds;
    }
    used_ = 0;
    return seconds;
  }

 private:
  cudaStream_t stream_;
  cudaEvent_t start_ = nullptr;
  std::vector<cudaEvent_t> events_;
  size_t used_ = 0;
};

class CudaLaunchGraph final : public LaunchGraph {
 public:
  CudaLaunchGraph(cudaGraph_t graph, cudaStream_t stream) : stream_(stream) {
    const cudaError_t error = cudaGraphInstantiate(&graph_, graph, 0);
    cudaGraphDestroy(graph);
    CUDA_CHECK(error);
  }
  ~CudaLaunchGraph() override { cudaGraphExecDestroy(graph_); }
  void launch() override { CUDA_CHECK(cudaGraphLaunch(graph_, stream_)); }

 private:
  cudaStream_t stream_;
  cudaGraphExec_t graph_ = nullptr;
};

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
  int64_t available_bytes() const override {
    size_t left = 0, total = 0;
    CUDA_CHECK(cudaMemGetInfo(&left, &total));
    return int64_t(left);
  }
  std::unique_ptr<StreamClock> clock() override { return std::make_unique<CudaClock>(stream_); }
  std::unique_ptr<LaunchGraph> record(const std::function<void()>& work) override {
    cudaGraph_t graph = nullptr;
    CUDA_CHECK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    try {
      work();
    } catch (...) {
      if (cudaStreamEndCapture(stream_, &graph) == cudaSuccess && graph) cudaGraphDestroy(graph);
      throw;
    }
    CUDA_CHECK(cudaStreamEndCapture(stream_, &graph));
    return std::make_unique<CudaLaunchGraph>(graph, stream_);
  }

 private:
  DeviceInfo info_;
  cudaStream_t stream_ = nullptr;
};

[[maybe_unused]] const bool registered = (register_cuda_backend([]() -> Backend* { return new CudaBackend; }), true);

}  // namespace
}  // namespace glimpse
