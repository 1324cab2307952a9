// Allocation, in all of the API's variants, and questions about pointers.
#include <algorithm>
#include <cstring>

#include "runtime/operation.h"
#include "runtime/runtime.h"

using namespace ptxvm;

namespace {

constexpr size_t kPitch = 512;

cudaError_t allocate(void** pointer, size_t size, MemoryKind kind, const char* call) {
  auto& rt = runtime();
  if (!pointer) return cudaErrorInvalidValue;
  *pointer = nullptr;
  if (size == 0) return cudaSuccess;
  const auto name = std::string(call) + " #" + std::to_string(++rt.allocations);
  const auto address = rt.memory().allocate(size, kind, name);
  *pointer = reinterpret_cast<void*>(address);
  return address ? cudaSuccess : cudaErrorMemoryAllocation;
}

bool holds(const void* pointer, Allocation* found) {
  return runtime().memory().find(reinterpret_cast<uint64_t>(pointer), found);
}

cudaError_t release(void* pointer, bool host) {
  if (!pointer) return cudaSuccess;
  auto& rt = runtime();
  if (rt.graph_allocations.count(pointer)) return cudaSuccess;
  Allocation found;
  const bool pinned = holds(pointer, &found) && found.kind == MemoryKind::kPinned;
  const bool other = found.size && (pinned != host || found.kind == MemoryKind::kSymbol);
  if (other || !rt.memory().release(reinterpret_cast<uint64_t>(pointer)))
    return misused(std::string(host ? "cudaFreeHost" : "cudaFree") +
                   " of an address that is not its to free: " + place(pointer, 1));
  if (const auto at = rt.pool_of.find(found.address); at != rt.pool_of.end()) {
    at->second->used -= std::min(at->second->used, found.size);
    rt.pool_of.erase(at);
  }
  return cudaSuccess;
}

cudaError_t allocate_pitched(void** pointer, size_t* pitch, size_t width, size_t rows, const char* call) {
  if (!pitch || width > SIZE_MAX - kPitch) return cudaErrorInvalidValue;
  *pitch = (width + kPitch - 1) / kPitch * kPitch;
  if (rows && *pitch > SIZE_MAX / rows) return cudaErrorMemoryAllocation;
  return allocate(pointer, *pitch * rows, MemoryKind::kDevice, call);
}

Pool* pool_of(cudaMemPool_t handle) {
  auto* pool = reinterpret_cast<Pool*>(handle);
  auto& rt = runtime();
  return pool == &rt.default_pool || rt.pools.count(pool) ? pool : nullptr;
}

Pool* current_pool = nullptr;
Pool* current() { return current_pool ? current_pool : &runtime().default_pool; }

cudaError_t pool_allocate(void** pointer, size_t size, Pool* pool, cudaStream_t stream) {
  if (!pool) return cudaErrorInvalidValue;
  if (const auto error = allocate(pointer, size, MemoryKind::kDevice, "cudaMallocAsync"); error != cudaSuccess)
    return error;
  auto& rt = runtime();
  bool capturing = false;
  if (is_capturing(stream, &capturing) == cudaSuccess && capturing) rt.graph_allocations.insert(*pointer);
  if (*pointer) rt.pool_of[reinterpret_cast<uint64_t>(*pointer)] = pool;
  pool->used += size;
  pool->used_high = std::max(pool->used_high, pool->used);
  return enqueue(stream, AllocOp{*pointer, size});
}

cudaError_t give_pool(cudaMemPool_t* out, Pool* pool) {
  if (!out) return cudaErrorInvalidValue;
  *out = reinterpret_cast<cudaMemPool_t>(pool);
  return cudaSuccess;
}

}  // namespace

extern "C" {
cudaError_t cudaMalloc(void** pointer, size_t size) {
  return api([&] {
    if (const auto error = forbidden_by_capture(); error != cudaSuccess) return error;
    return allocate(pointer, size, MemoryKind::kDevice, "cudaMalloc");
  });
}
cudaError_t cudaMallocManaged(void** pointer, size_t size, unsigned flags) {
  return api([&] {
    if (size == 0 || (flags != cudaMemAttachGlobal && flags != cudaMemAttachHost)) return cudaErrorInvalidValue;
    return allocate(pointer, size, MemoryKind::kManaged, "cudaMallocManaged");
  });
}
cudaError_t cudaMallocHost(void** pointer, size_t size) {
  return api([&] { return allocate(pointer, size, MemoryKind::kPinned, "cudaMallocHost"); });
}
cudaError_t cudaHostAlloc(void** pointer, size_t size, unsigned) {
  return api([&] { return allocate(pointer, size, MemoryKind::kPinned, "cudaHostAlloc"); });
}
cudaError_t cudaMallocPitch(void** pointer, size_t* pitch, size_t width, size_t height) {
  return api([&] { return allocate_pitched(pointer, pitch, width, height, "cudaMallocPitch"); });
}
cudaError_t cudaMalloc3D(cudaPitchedPtr* pitched, cudaExtent extent) {
  return api([&] {
    if (!pitched || (extent.height && extent.depth > SIZE_MAX / extent.height)) return cudaErrorInvalidValue;
    pitched->xsize = extent.width;
    pitched->ysize = extent.height;
    return allocate_pitched(&pitched->ptr, &pitched->pitch, extent.width, extent.height * extent.depth, "cudaMalloc3D");
  });
}
cudaError_t cudaFree(void* pointer) {
  return api([&] {
    if (const auto error = forbidden_by_capture(); error != cudaSuccess) return error;
    return release(pointer, false);
  });
}
cudaError_t cudaFreeHost(void* pointer) {
  return api([&] { return release(pointer, true); });
}
cudaError_t cudaHostRegister(void* pointer, size_t size, unsigned) {
  return api([&] {
    if (!pointer || !size) return cudaErrorInvalidValue;
    return runtime().memory().add_host_range(pointer, size, "cudaHostRegister") ? cudaSuccess
                                                                                : cudaErrorHostMemoryAlreadyRegistered;
  });
}
cudaError_t cudaHostUnregister(void* pointer) {
  return api(
      [&] { return runtime().memory().remove_host_range(pointer) ? cudaSuccess : cudaErrorHostMemoryNotRegistered; });
}
cudaError_t cudaHostGetDevicePointer(void** device, void* host, unsigned) {
  return api([&] {
    Allocation found;
    if (!device || !holds(host, &found)) return cudaErrorInvalidValue;
    *device = host;
    return cudaSuccess;
  });
}
cudaError_t cudaHostGetFlags(unsigned* flags, void* host) {
  return api([&] {
    Allocation found;
    if (!flags || !holds(host, &found) || found.kind != MemoryKind::kPinned) return cudaErrorInvalidValue;
    *flags = cudaHostAllocMapped;
    return cudaSuccess;
  });
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  return api([&] {
    const auto& memory = runtime().memory();
    if (free) *free = memory.total() - memory.used();
    if (total) *total = memory.total();
    return cudaSuccess;
  });
}
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  return api([&] {
    if (!attributes) return cudaErrorInvalidValue;
    *attributes = {};
    Allocation found;
    attributes->type = cudaMemoryTypeUnregistered;
    attributes->device = cudaInvalidDeviceId;
    if (!holds(pointer, &found)) {
      attributes->hostPointer = const_cast<void*>(pointer);
      return cudaSuccess;
    }
    const bool managed = found.kind == MemoryKind::kManaged, pinned = found.kind == MemoryKind::kPinned;
    attributes->type = managed ? cudaMemoryTypeManaged : pinned ? cudaMemoryTypeHost : cudaMemoryTypeDevice;
    attributes->device = 0;
    attributes->devicePointer = const_cast<void*>(pointer);
    attributes->hostPointer = managed || pinned ? const_cast<void*>(pointer) : nullptr;
    return cudaSuccess;
  });
}
cudaError_t cudaMallocAsync(void** pointer, size_t size, cudaStream_t stream) {
  return api([&] { return pool_allocate(pointer, size, current(), stream); });
}
cudaError_t cudaMallocFromPoolAsync(void** pointer, size_t size, cudaMemPool_t pool, cudaStream_t stream) {
  return api([&] { return pool_allocate(pointer, size, pool_of(pool), stream); });
}
cudaError_t cudaFreeAsync(void* pointer, cudaStream_t stream) {
  return api([&] {
    bool capturing = false;
    if (const auto error = is_capturing(stream, &capturing); error != cudaSuccess) return error;
    return capturing ? enqueue(stream, FreeOp{pointer}) : release(pointer, false);
  });
}
cudaError_t cudaMemPoolCreate(cudaMemPool_t* out, const cudaMemPoolProps* props) {
  return api([&] {
    if (!out || !props || props->location.type != cudaMemLocationTypeDevice) return cudaErrorInvalidValue;
    auto* pool = new Pool;
    runtime().pools.insert(pool);
    return give_pool(out, pool);
  });
}
cudaError_t cudaMemPoolDestroy(cudaMemPool_t handle) {
  return api([&] {
    auto* pool = reinterpret_cast<Pool*>(handle);
    auto& rt = runtime();
    if (!rt.pools.erase(pool)) return cudaErrorInvalidValue;
    if (current_pool == pool) current_pool = nullptr;
    std::erase_if(rt.pool_of, [&](const auto& item) { return item.second == pool; });
    delete pool;
    return cudaSuccess;
  });
}
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
  return api([&] { return known_device(device) ? give_pool(pool, &runtime().default_pool) : cudaErrorInvalidDevice; });
}
cudaError_t cudaDeviceGetMemPool(cudaMemPool_t* pool, int device) {
  return api([&] { return known_device(device) ? give_pool(pool, current()) : cudaErrorInvalidDevice; });
}
cudaError_t cudaDeviceSetMemPool(int device, cudaMemPool_t pool) {
  return api([&] {
    if (!known_device(device)) return cudaErrorInvalidDevice;
    if (!pool_of(pool)) return cudaErrorInvalidValue;
    current_pool = pool_of(pool);
    return cudaSuccess;
  });
}
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, size_t) {
  return api([&] { return pool_of(pool) ? cudaSuccess : cudaErrorInvalidValue; });
}
cudaError_t cudaMemPoolSetAccess(cudaMemPool_t pool, const cudaMemAccessDesc*, size_t) {
  return api([&] { return pool_of(pool) ? cudaSuccess : cudaErrorInvalidValue; });
}
cudaError_t cudaMemPoolGetAccess(cudaMemAccessFlags* flags, cudaMemPool_t pool, cudaMemLocation*) {
  return api([&] {
    if (!flags || !pool_of(pool)) return cudaErrorInvalidValue;
    *flags = cudaMemAccessFlagsProtReadWrite;
    return cudaSuccess;
  });
}
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t handle, cudaMemPoolAttr attr, void* value) {
  return api([&] {
    auto* pool = pool_of(handle);
    if (!pool || !value) return cudaErrorInvalidValue;
    if (attr <= cudaMemPoolReuseAllowInternalDependencies) std::memcpy(&pool->reuse[attr - 1], value, 4);
    else if (attr == cudaMemPoolAttrReleaseThreshold) std::memcpy(&pool->threshold, value, 8);
    else if (attr == cudaMemPoolAttrUsedMemHigh || attr == cudaMemPoolAttrReservedMemHigh) pool->used_high = pool->used;
    else return cudaErrorInvalidValue;
    return cudaSuccess;
  });
}
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t handle, cudaMemPoolAttr attr, void* value) {
  return api([&] {
    const auto* pool = pool_of(handle);
    if (!pool || !value) return cudaErrorInvalidValue;
    if (attr <= cudaMemPoolReuseAllowInternalDependencies)
      return std::memcpy(value, &pool->reuse[attr - 1], 4), cudaSuccess;
    const bool high = attr == cudaMemPoolAttrUsedMemHigh || attr == cudaMemPoolAttrReservedMemHigh;
    const uint64_t got = attr == cudaMemPoolAttrReleaseThreshold ? pool->threshold
                         : high                                  ? pool->used_high
                                                                 : pool->used;
    std::memcpy(value, &got, sizeof got);
    return cudaSuccess;
  });
}
// Managed memory is one copy that both sides use: advice and prefetches change nothing.
cudaError_t cudaMemAdvise(const void* pointer, size_t, cudaMemoryAdvise, cudaMemLocation) {
  return api([&] {
    Allocation found;
    return holds(pointer, &found) ? cudaSuccess : cudaErrorInvalidValue;
  });
}
cudaError_t cudaMemPrefetchAsync(const void* pointer, size_t, cudaMemLocation location, unsigned, cudaStream_t) {
  return cudaMemAdvise(pointer, 0, cudaMemAdviseSetReadMostly, location);
}
cudaError_t cudaStreamAttachMemAsync(cudaStream_t, void*, size_t, unsigned) {
  return api([] { return cudaSuccess; });
}
}
