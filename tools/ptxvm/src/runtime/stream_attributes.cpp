// Attributes of streams, and host functions in them.
#include "runtime/stream.h"

using namespace ptxvm;

extern "C" {
cudaError_t cudaStreamGetPriority(cudaStream_t handle, int* priority) {
  return with_stream(handle, [&](Stream& stream) { return *priority = stream.priority, cudaSuccess; });
}
cudaError_t cudaStreamGetFlags(cudaStream_t handle, unsigned* flags) {
  return with_stream(handle, [&](Stream& stream) { return *flags = stream.flags, cudaSuccess; });
}
cudaError_t cudaStreamGetId(cudaStream_t handle, unsigned long long* id) {
  return with_stream(handle, [&](Stream& stream) { return *id = stream.id, cudaSuccess; });
}
cudaError_t cudaStreamGetDevice(cudaStream_t handle, int* device) {
  return with_stream(handle, [&](Stream&) { return *device = 0, cudaSuccess; });
}
cudaError_t cudaStreamSetAttribute(cudaStream_t handle, cudaStreamAttrID id, const cudaStreamAttrValue* value) {
  return with_stream(handle, [&](Stream& stream) { return stream.attributes[id] = *value, cudaSuccess; });
}
cudaError_t cudaStreamGetAttribute(cudaStream_t handle, cudaStreamAttrID id, cudaStreamAttrValue* value) {
  return with_stream(handle, [&](Stream& stream) { return *value = stream.attributes[id], cudaSuccess; });
}
cudaError_t cudaStreamCopyAttributes(cudaStream_t to, cudaStream_t from) {
  return with_stream(to, [&](Stream& stream) {
    Stream* source = nullptr;
    if (const auto error = find_stream(from, &source); error != cudaSuccess) return error;
    stream.attributes = source->attributes;
    return cudaSuccess;
  });
}
cudaError_t cudaStreamAddCallback(cudaStream_t handle, cudaStreamCallback_t callback, void* data, unsigned flags) {
  return with_stream(handle, [&](Stream& stream) {
    if (!callback || flags) return cudaErrorInvalidValue;
    if (stream.capture) return cudaErrorStreamCaptureUnsupported;
    runtime().mutex.unlock();
    callback(handle, cudaSuccess, data);
    runtime().mutex.lock();
    return cudaSuccess;
  });
}
cudaError_t cudaLaunchHostFunc(cudaStream_t handle, cudaHostFn_t function, void* data) {
  return api([&] { return function ? enqueue(handle, HostOp{function, data}) : cudaErrorInvalidValue; });
}
}
