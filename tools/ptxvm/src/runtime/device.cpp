// The one device: properties, attributes, limits, peers, and what is a no-op on a machine without caches and clocks.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "runtime/operation.h"

using namespace ptxvm;

namespace {

const Arch& arch() { return *runtime().machine().options().arch; }
constexpr char kBusId[] = "0000:01:00.0";

int attribute(int code, bool* known) {
  cudaDeviceProp p;
  fill_properties(&p);
  const int table[][2] = {{cudaDevAttrMaxThreadsPerBlock, p.maxThreadsPerBlock},
                          {cudaDevAttrMaxBlockDimX, p.maxThreadsDim[0]},
                          {cudaDevAttrMaxBlockDimY, p.maxThreadsDim[1]},
                          {cudaDevAttrMaxBlockDimZ, p.maxThreadsDim[2]},
                          {cudaDevAttrMaxGridDimX, p.maxGridSize[0]},
                          {cudaDevAttrMaxGridDimY, p.maxGridSize[1]},
                          {cudaDevAttrMaxGridDimZ, p.maxGridSize[2]},
                          {cudaDevAttrMaxSharedMemoryPerBlock, static_cast<int>(p.sharedMemPerBlock)},
                          {cudaDevAttrTotalConstantMemory, static_cast<int>(p.totalConstMem)},
                          {cudaDevAttrWarpSize, p.warpSize},
                          {cudaDevAttrMaxPitch, static_cast<int>(p.memPitch)},
                          {cudaDevAttrMaxRegistersPerBlock, p.regsPerBlock},
                          {cudaDevAttrClockRate, 1000000},
                          {cudaDevAttrMemoryClockRate, 1000000},
                          {cudaDevAttrTextureAlignment, static_cast<int>(p.textureAlignment)},
                          {cudaDevAttrGpuOverlap, 1},
                          {cudaDevAttrMultiProcessorCount, p.multiProcessorCount},
                          {cudaDevAttrCanMapHostMemory, 1},
                          {cudaDevAttrSurfaceAlignment, static_cast<int>(p.surfaceAlignment)},
                          {cudaDevAttrConcurrentKernels, 1},
                          {cudaDevAttrPciBusId, p.pciBusID},
                          {cudaDevAttrGlobalMemoryBusWidth, p.memoryBusWidth},
                          {cudaDevAttrL2CacheSize, p.l2CacheSize},
                          {cudaDevAttrMaxThreadsPerMultiProcessor, p.maxThreadsPerMultiProcessor},
                          {cudaDevAttrAsyncEngineCount, p.asyncEngineCount},
                          {cudaDevAttrUnifiedAddressing, 1},
                          {cudaDevAttrTexturePitchAlignment, static_cast<int>(p.texturePitchAlignment)},
                          {cudaDevAttrComputeCapabilityMajor, p.major},
                          {cudaDevAttrComputeCapabilityMinor, p.minor},
                          {cudaDevAttrStreamPrioritiesSupported, 1},
                          {cudaDevAttrGlobalL1CacheSupported, 1},
                          {cudaDevAttrLocalL1CacheSupported, 1},
                          {cudaDevAttrMaxSharedMemoryPerMultiprocessor, static_cast<int>(p.sharedMemPerMultiprocessor)},
                          {cudaDevAttrMaxRegistersPerMultiprocessor, p.regsPerMultiprocessor},
                          {cudaDevAttrManagedMemory, 1},
                          {cudaDevAttrSingleToDoublePrecisionPerfRatio, p.minor == 0 && p.major < 12 ? 2 : 64},
                          {cudaDevAttrConcurrentManagedAccess, 1},
                          {cudaDevAttrComputePreemptionSupported, 1},
                          {cudaDevAttrCanUseHostPointerForRegisteredMem, 1},
                          {cudaDevAttrCooperativeLaunch, 1},
                          {cudaDevAttrMaxSharedMemoryPerBlockOptin, static_cast<int>(p.sharedMemPerBlockOptin)},
                          {cudaDevAttrHostRegisterSupported, 1},
                          {cudaDevAttrMaxBlocksPerMultiprocessor, p.maxBlocksPerMultiProcessor},
                          {cudaDevAttrReservedSharedMemoryPerBlock, static_cast<int>(p.reservedSharedMemPerBlock)},
                          {cudaDevAttrMemoryPoolsSupported, 1},
                          {cudaDevAttrClusterLaunch, p.clusterLaunch},
                          {cudaDevAttrNumaId, -1},
                          {cudaDevAttrHostNumaId, -1}};
  for (const auto& [key, value] : table)
    if (key == code) return *known = true, value;
  // The rest are features a virtual GPU lacks (textures, surfaces, links, interop), all of value 0.
  *known = code >= 1 && code < cudaDevAttrMax;
  return 0;
}

}  // namespace

namespace ptxvm {

bool known_device(int device) { return device == 0; }

cudaError_t fill_properties(cudaDeviceProp* p) {
  const auto& a = arch();
  const auto& options = runtime().machine().options();
  *p = {};
  std::snprintf(p->name, sizeof p->name, "ptxvm virtual GPU %.*s", static_cast<int>(a.name.size()), a.name.data());
  std::memcpy(p->uuid.bytes, "ptxvm-virtual-gpu", sizeof p->uuid.bytes);
  p->totalGlobalMem = options.memory_bytes;
  p->sharedMemPerBlock = a.shared_per_block;
  p->sharedMemPerBlockOptin = a.shared_per_block_optin;
  p->sharedMemPerMultiprocessor = a.shared_per_sm;
  p->reservedSharedMemPerBlock = a.shared_reserved;
  p->regsPerBlock = a.registers_per_block;
  p->regsPerMultiprocessor = a.registers_per_sm;
  p->warpSize = 32;
  p->memPitch = 0x7fffffff;
  p->maxThreadsPerBlock = a.threads_per_block;
  p->maxThreadsPerMultiProcessor = a.threads_per_sm;
  p->maxBlocksPerMultiProcessor = a.blocks_per_sm;
  const int block[3] = {1024, 1024, 64}, grid[3] = {0x7fffffff, 65535, 65535};
  std::copy_n(block, 3, p->maxThreadsDim);
  std::copy_n(grid, 3, p->maxGridSize);
  p->totalConstMem = 65536;
  p->major = a.major;
  p->minor = a.minor;
  p->textureAlignment = p->surfaceAlignment = 512;
  p->texturePitchAlignment = 32;
  p->multiProcessorCount = options.sms;
  p->l2CacheSize = a.l2_bytes;
  p->memoryBusWidth = 5120;
  p->asyncEngineCount = 2;
  p->pciBusID = 1;
  p->hostNumaId = p->deviceNumaId = -1;
  p->clusterLaunch = a.major >= 9;
  p->canMapHostMemory = p->concurrentKernels = p->unifiedAddressing = p->streamPrioritiesSupported = 1;
  p->globalL1CacheSupported = p->localL1CacheSupported = p->managedMemory = p->concurrentManagedAccess = 1;
  p->computePreemptionSupported = p->canUseHostPointerForRegisteredMem = p->cooperativeLaunch = 1;
  p->hostRegisterSupported = p->memoryPoolsSupported = 1;
  return cudaSuccess;
}

}  // namespace ptxvm

namespace {
unsigned device_flags = cudaDeviceMapHost;
int cache_config = cudaFuncCachePreferNone;

template <class T>
cudaError_t give(T* out, T value) {
  if (!out) return cudaErrorInvalidValue;
  *out = value;
  return cudaSuccess;
}
}  // namespace

extern "C" {
cudaError_t cudaDeviceSynchronize() {
  return api([] { return forbidden_by_capture(); });
}
cudaError_t cudaDeviceReset() {
  std::scoped_lock lock(runtime().mutex);
  auto& rt = runtime();
  rt.sticky = cudaSuccess;  // a poisoned context ends here
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  return api([&] { return give(count, 1); });
}
cudaError_t cudaGetDevice(int* device) {
  return api([&] { return give(device, 0); });
}
cudaError_t cudaSetDevice(int device) {
  return api([&] { return known_device(device) ? cudaSuccess : cudaErrorInvalidDevice; });
}
cudaError_t cudaInitDevice(int device, unsigned, unsigned) { return cudaSetDevice(device); }
cudaError_t cudaSetValidDevices(int*, int) { return cudaSuccess; }
cudaError_t cudaChooseDevice(int* device, const cudaDeviceProp*) { return cudaGetDevice(device); }
cudaError_t cudaSetDeviceFlags(unsigned flags) {
  device_flags = flags;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceFlags(unsigned* flags) {
  return api([&] { return give(flags, device_flags); });
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  return api([&] {
    if (!properties) return cudaErrorInvalidValue;
    return known_device(device) ? fill_properties(properties) : cudaErrorInvalidDevice;
  });
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr code, int device) {
  return api([&] {
    if (!known_device(device)) return cudaErrorInvalidDevice;
    bool known = false;
    const int got = attribute(code, &known);
    return known ? give(value, got) : cudaErrorInvalidValue;
  });
}
cudaError_t cudaDeviceGetPCIBusId(char* id, int length, int device) {
  return api([&] {
    if (!known_device(device)) return cudaErrorInvalidDevice;
    if (!id || length < static_cast<int>(sizeof kBusId)) return cudaErrorInvalidValue;
    std::memcpy(id, kBusId, sizeof kBusId);
    return cudaSuccess;
  });
}
cudaError_t cudaDeviceGetByPCIBusId(int* device, const char* id) {
  return api([&] { return std::strcmp(id, kBusId) == 0 ? give(device, 0) : cudaErrorInvalidDevice; });
}
cudaError_t cudaDeviceSetLimit(cudaLimit limit, size_t value) {
  return api([&] {
    auto& rt = runtime();
    if (limit == cudaLimitStackSize) rt.machine().set_stack_bytes(rt.stack_limit = value);
    else if (limit == cudaLimitPrintfFifoSize) rt.printf_limit = value;
    else if (limit == cudaLimitMallocHeapSize) rt.heap_limit = value;
    else if (limit != cudaLimitPersistingL2CacheSize && limit != cudaLimitMaxL2FetchGranularity)
      return cudaErrorUnsupportedLimit;
    return cudaSuccess;
  });
}
cudaError_t cudaDeviceGetLimit(size_t* value, cudaLimit limit) {
  return api([&] {
    const auto& rt = runtime();
    if (limit == cudaLimitStackSize) return give<size_t>(value, rt.stack_limit);
    if (limit == cudaLimitPrintfFifoSize) return give<size_t>(value, rt.printf_limit);
    if (limit == cudaLimitMallocHeapSize) return give<size_t>(value, rt.heap_limit);
    if (limit == cudaLimitMaxL2FetchGranularity) return give<size_t>(value, 64);
    if (limit == cudaLimitPersistingL2CacheSize) return give<size_t>(value, 0);
    return cudaErrorUnsupportedLimit;
  });
}
cudaError_t cudaDeviceSetCacheConfig(cudaFuncCache config) {
  cache_config = config;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetCacheConfig(cudaFuncCache* config) {
  return api([&] { return give(config, static_cast<cudaFuncCache>(cache_config)); });
}
cudaError_t cudaDeviceSetSharedMemConfig(cudaSharedMemConfig) { return cudaSuccess; }
cudaError_t cudaDeviceGetSharedMemConfig(cudaSharedMemConfig* config) {
  return api([&] { return give(config, cudaSharedMemBankSizeFourByte); });
}
cudaError_t cudaCtxResetPersistingL2Cache() { return cudaSuccess; }
cudaError_t cudaProfilerStart() { return cudaSuccess; }
cudaError_t cudaProfilerStop() { return cudaSuccess; }
cudaError_t cudaDriverGetVersion(int* version) {
  return api([&] { return give(version, CUDART_VERSION); });
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  return api([&] { return give(version, CUDART_VERSION); });
}
cudaError_t cudaDeviceCanAccessPeer(int* can, int device, int peer) {
  return api([&] { return known_device(device) && known_device(peer) ? give(can, 0) : cudaErrorInvalidDevice; });
}
cudaError_t cudaDeviceEnablePeerAccess(int, unsigned) {
  return api([] { return cudaErrorInvalidDevice; });
}
cudaError_t cudaDeviceDisablePeerAccess(int) {
  return api([] { return cudaErrorPeerAccessNotEnabled; });
}
cudaError_t cudaDeviceGetP2PAttribute(int*, cudaDeviceP2PAttr, int, int) {
  return api([] { return cudaErrorInvalidDevice; });
}
cudaChannelFormatDesc cudaCreateChannelDesc(int x, int y, int z, int w, cudaChannelFormatKind kind) {
  return {x, y, z, w, kind};
}
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  return api([&] {
    if (least) *least = 0;
    if (greatest) *greatest = -5;
    return cudaSuccess;
  });
}
}
