// Functions of the driver API that programs reach through cudaGetDriverEntryPoint. The runtime's own; no libcuda.so.
#include <cuda.h>

#include <cstring>

#include "runtime/runtime.h"

using namespace ptxvm;

namespace {

CUresult get_error_string(CUresult error, const char** text) {
  *text = cudaGetErrorString(static_cast<cudaError_t>(error));
  return CUDA_SUCCESS;
}
CUresult get_error_name(CUresult error, const char** name) {
  // The driver's names differ from the runtime's, whose numbers it shares; tools print both.
  *name = cudaGetErrorName(static_cast<cudaError_t>(error));
  return CUDA_SUCCESS;
}
CUresult initialise(unsigned) { return CUDA_SUCCESS; }
CUresult driver_version(int* version) { return static_cast<CUresult>(cudaDriverGetVersion(version)); }
CUresult device_count(int* count) { return static_cast<CUresult>(cudaGetDeviceCount(count)); }
CUresult device_get(CUdevice* device, int ordinal) {
  *device = ordinal;
  return ordinal == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}
CUresult device_attribute(int* value, CUdevice_attribute code, CUdevice device) {
  return static_cast<CUresult>(cudaDeviceGetAttribute(value, static_cast<cudaDeviceAttr>(code), device));
}
CUresult stream_synchronize(CUstream stream) { return static_cast<CUresult>(cudaStreamSynchronize(stream)); }

struct EntryPoint {
  const char* name;
  void* function;
};
const EntryPoint kEntryPoints[] = {
    {"cuGetErrorString", reinterpret_cast<void*>(get_error_string)},
    {"cuGetErrorName", reinterpret_cast<void*>(get_error_name)},
    {"cuInit", reinterpret_cast<void*>(initialise)},
    {"cuDriverGetVersion", reinterpret_cast<void*>(driver_version)},
    {"cuDeviceGetCount", reinterpret_cast<void*>(device_count)},
    {"cuDeviceGet", reinterpret_cast<void*>(device_get)},
    {"cuDeviceGetAttribute", reinterpret_cast<void*>(device_attribute)},
    {"cuStreamSynchronize", reinterpret_cast<void*>(stream_synchronize)},
};

}  // namespace

extern "C" {
cudaError_t cudaGetDriverEntryPointByVersion(const char* symbol, void** function, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* status) {
  return api([&] {
    if (!symbol || !function) return cudaErrorInvalidValue;
    *function = nullptr;
    for (const auto& entry : kEntryPoints)
      if (std::strcmp(entry.name, symbol) == 0) *function = entry.function;
    if (!*function) say_once(std::string("driver function ") + symbol + " is not supported");
    if (status) *status = *function ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
    return *function || status ? cudaSuccess : cudaErrorSymbolNotFound;
  });
}
cudaError_t cudaGetDriverEntryPoint(const char* symbol, void** function, unsigned long long flags,
                                    cudaDriverEntryPointQueryResult* status) {
  return cudaGetDriverEntryPointByVersion(symbol, function, CUDART_VERSION, flags, status);
}
}
