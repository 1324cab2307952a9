// memcpy and memset in every shape: each call becomes one CopyOp or SetOp.
#include <cstring>

#include "runtime/operation.h"

using namespace ptxvm;

namespace {

cudaError_t copy(const cudaMemcpy3DParms& p, cudaStream_t stream) {
  if (const auto error = check_copy(p); error != cudaSuccess) return error;
  return enqueue(stream, CopyOp{p});
}

cudaMemcpy3DParms plane(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width, size_t height,
                        cudaMemcpyKind kind) {
  cudaMemcpy3DParms p = {};
  p.dstPtr = {to, to_pitch, width, height};
  p.srcPtr = {const_cast<void*>(from), from_pitch, width, height};
  p.extent = {width, height, 1};
  p.kind = kind;
  return p;
}

cudaMemcpy3DParms from_peer(const cudaMemcpy3DPeerParms& peer) {
  cudaMemcpy3DParms p = {};
  p.srcArray = peer.srcArray;
  p.srcPos = peer.srcPos;
  p.srcPtr = peer.srcPtr;
  p.dstArray = peer.dstArray;
  p.dstPos = peer.dstPos;
  p.dstPtr = peer.dstPtr;
  p.extent = peer.extent;
  p.kind = cudaMemcpyDefault;
  return p;
}

// The address inside a variable, or an error if the range does not fit.
cudaError_t symbol_address(const void* shadow, size_t count, size_t offset, void** address) {
  Symbol symbol;
  if (const auto error = find_symbol(shadow, &symbol); error != cudaSuccess) return error;
  if (offset > symbol.size || count > symbol.size - offset)
    return misused("a copy of " + std::to_string(count) + " bytes at offset " + std::to_string(offset) + " of " +
                   symbol.name + ", which has " + std::to_string(symbol.size) + " bytes");
  *address = reinterpret_cast<void*>(symbol.address + offset);
  return cudaSuccess;
}

cudaError_t set(void* to, size_t pitch, int value, size_t width, size_t height, cudaStream_t stream) {
  if (!width || !height) return cudaSuccess;
  Allocation found;
  if (!runtime().memory().find(reinterpret_cast<uint64_t>(to), &found))
    return misused("a memset writes out of bounds: " + place(to, width));
  if (height > 1 && pitch < width) return cudaErrorInvalidPitchValue;
  cudaMemsetParams p = {};
  p.dst = to;
  p.pitch = pitch;
  p.value = static_cast<unsigned>(value);
  p.elementSize = 1;
  p.width = width;
  p.height = height;
  return enqueue(stream, SetOp{p});
}

}  // namespace

extern "C" {
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t count, cudaMemcpyKind kind, cudaStream_t stream) {
  return api([&] { return copy(linear_copy(to, from, count, kind), stream); });
}
cudaError_t cudaMemcpy(void* to, const void* from, size_t count, cudaMemcpyKind kind) {
  return cudaMemcpyAsync(to, from, count, kind, nullptr);
}
cudaError_t cudaMemcpyPeerAsync(void* to, int to_device, const void* from, int from_device, size_t count,
                                cudaStream_t stream) {
  return api([&] {
    if (!known_device(to_device) || !known_device(from_device)) return cudaErrorInvalidDevice;
    return copy(linear_copy(to, from, count, cudaMemcpyDeviceToDevice), stream);
  });
}
cudaError_t cudaMemcpyPeer(void* to, int to_device, const void* from, int from_device, size_t count) {
  return cudaMemcpyPeerAsync(to, to_device, from, from_device, count, nullptr);
}
cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                              size_t height, cudaMemcpyKind kind, cudaStream_t stream) {
  return api([&] { return copy(plane(to, to_pitch, from, from_pitch, width, height, kind), stream); });
}
cudaError_t cudaMemcpy2D(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width, size_t height,
                         cudaMemcpyKind kind) {
  return cudaMemcpy2DAsync(to, to_pitch, from, from_pitch, width, height, kind, nullptr);
}
cudaError_t cudaMemcpy3DAsync(const cudaMemcpy3DParms* p, cudaStream_t stream) {
  return api([&] { return p ? copy(*p, stream) : cudaErrorInvalidValue; });
}
cudaError_t cudaMemcpy3D(const cudaMemcpy3DParms* p) { return cudaMemcpy3DAsync(p, nullptr); }
cudaError_t cudaMemcpy3DPeerAsync(const cudaMemcpy3DPeerParms* p, cudaStream_t stream) {
  return api([&] { return p ? copy(from_peer(*p), stream) : cudaErrorInvalidValue; });
}
cudaError_t cudaMemcpy3DPeer(const cudaMemcpy3DPeerParms* p) { return cudaMemcpy3DPeerAsync(p, nullptr); }
cudaError_t cudaMemcpyBatchAsync(void* const* to, const void* const* from, const size_t* sizes, size_t count,
                                 cudaMemcpyAttributes*, size_t*, size_t, cudaStream_t stream) {
  return api([&] {
    for (size_t i = 0; i < count; ++i)
      if (const auto error = copy(linear_copy(to[i], from[i], sizes[i], cudaMemcpyDefault), stream);
          error != cudaSuccess)
        return error;
    return cudaSuccess;
  });
}
cudaError_t cudaMemcpyToSymbolAsync(const void* symbol, const void* from, size_t count, size_t offset,
                                    cudaMemcpyKind kind, cudaStream_t stream) {
  return api([&] {
    void* to = nullptr;
    if (const auto error = symbol_address(symbol, count, offset, &to); error != cudaSuccess) return error;
    return copy(linear_copy(to, from, count, kind), stream);
  });
}
cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* from, size_t count, size_t offset, cudaMemcpyKind kind) {
  return cudaMemcpyToSymbolAsync(symbol, from, count, offset, kind, nullptr);
}
cudaError_t cudaMemcpyFromSymbolAsync(void* to, const void* symbol, size_t count, size_t offset, cudaMemcpyKind kind,
                                      cudaStream_t stream) {
  return api([&] {
    void* from = nullptr;
    if (const auto error = symbol_address(symbol, count, offset, &from); error != cudaSuccess) return error;
    return copy(linear_copy(to, from, count, kind), stream);
  });
}
cudaError_t cudaMemcpyFromSymbol(void* to, const void* symbol, size_t count, size_t offset, cudaMemcpyKind kind) {
  return cudaMemcpyFromSymbolAsync(to, symbol, count, offset, kind, nullptr);
}
cudaError_t cudaGetSymbolAddress(void** address, const void* shadow) {
  return api([&] { return address ? symbol_address(shadow, 0, 0, address) : cudaErrorInvalidValue; });
}
cudaError_t cudaGetSymbolSize(size_t* size, const void* shadow) {
  return api([&] {
    Symbol symbol;
    const auto error = find_symbol(shadow, &symbol);
    if (error == cudaSuccess) *size = symbol.size;
    return error;
  });
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t count, cudaStream_t stream) {
  return api([&] { return set(to, count, value, count, 1, stream); });
}
cudaError_t cudaMemset(void* to, int value, size_t count) { return cudaMemsetAsync(to, value, count, nullptr); }
cudaError_t cudaMemset2DAsync(void* to, size_t pitch, int value, size_t width, size_t height, cudaStream_t stream) {
  return api([&] { return set(to, pitch, value, width, height, stream); });
}
cudaError_t cudaMemset2D(void* to, size_t pitch, int value, size_t width, size_t height) {
  return cudaMemset2DAsync(to, pitch, value, width, height, nullptr);
}
cudaError_t cudaMemset3DAsync(cudaPitchedPtr to, int value, cudaExtent extent, cudaStream_t stream) {
  return api([&] {
    for (size_t z = 0; z < extent.depth; ++z) {
      auto* slice = static_cast<std::byte*>(to.ptr) + z * to.pitch * to.ysize;
      const auto error = set(slice, to.pitch, value, extent.width, extent.height, stream);
      if (error != cudaSuccess) return error;
    }
    return cudaSuccess;
  });
}
cudaError_t cudaMemset3D(cudaPitchedPtr to, int value, cudaExtent extent) {
  return cudaMemset3DAsync(to, value, extent, nullptr);
}
}
