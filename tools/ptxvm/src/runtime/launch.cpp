// Kernel launches, attributes of kernels, and occupancy.
#include <algorithm>
#include <cstring>

#include "runtime/operation.h"

using namespace ptxvm;

namespace ptxvm {

cudaError_t make_kernel(const void* key, dim3 grid, dim3 block, size_t shared, void** arguments, KernelOp* made) {
  if (const auto error = find_function(key, &made->function); error != cudaSuccess) return error;
  auto& function = *made->function;
  const auto& info = *function.info;
  if (!info.parameters.empty() && !arguments) return cudaErrorInvalidValue;
  if (shared > UINT32_MAX) return cudaErrorInvalidValue;
  made->parameters.assign(info.parameter_bytes, std::byte{0});
  made->pointers.clear();
  for (size_t i = 0; i < info.parameters.size(); ++i) {
    const auto& parameter = info.parameters[i];
    std::memcpy(made->parameters.data() + parameter.offset, arguments[i], parameter.size);
    made->pointers.push_back(made->parameters.data() + parameter.offset);
  }
  auto& config = made->config;
  config.grid = {grid.x, grid.y, grid.z};
  config.block = {block.x, block.y, block.z};
  config.dynamic_shared = static_cast<uint32_t>(shared);
  config.max_dynamic_shared = static_cast<uint32_t>(function.max_dynamic_shared);
  const auto& wanted = info.required_cluster;
  if (wanted.x) config.cluster = wanted;
  return cudaSuccess;
}

cudaError_t apply_attribute(const cudaLaunchAttribute& attribute, KernelOp* op) {
  const auto& value = attribute.val;
  op->attributes.push_back(attribute);
  if (attribute.id == cudaLaunchAttributeCooperative) op->config.cooperative = value.cooperative != 0;
  else if (attribute.id == cudaLaunchAttributeClusterDimension)
    op->config.cluster = {value.clusterDim.x, value.clusterDim.y, value.clusterDim.z};
  else if (attribute.id == cudaLaunchAttributeDeviceUpdatableKernelNode ||
           attribute.id == cudaLaunchAttributeProgrammaticEvent ||
           attribute.id == cudaLaunchAttributeLaunchCompletionEvent) {
    say_once("launch attribute " + std::to_string(attribute.id) + " is not supported");
    return cudaErrorNotSupported;
  }
  // The others (priority, access window, programmatic serialization, carve-out, ...) change no result.
  return cudaSuccess;
}

}  // namespace ptxvm

namespace {

cudaError_t launch(const void* key, dim3 grid, dim3 block, void** arguments, size_t shared, cudaStream_t stream,
                   bool cooperative) {
  return api([&] {
    KernelOp op;
    if (const auto error = make_kernel(key, grid, block, shared, arguments, &op); error != cudaSuccess) return error;
    op.config.cooperative = cooperative;
    return enqueue(stream, std::move(op));
  });
}

template <class F>
cudaError_t with_function(const void* key, F&& body) {
  return api([&] {
    Function* function = nullptr;
    const auto error = find_function(key, &function);
    return error == cudaSuccess ? body(*function) : error;
  });
}

// What a launch may ask for beyond the static part; the opt-in limit includes the static part.
int64_t largest_dynamic_shared(const Function& function) {
  return int64_t{runtime().machine().options().arch->shared_per_block_optin} - function.info->static_shared;
}

int blocks_per_sm(const Function& function, int block, size_t shared) {
  if (block <= 0 || shared > UINT32_MAX) return 0;
  return runtime().machine().occupancy(*function.info, block, static_cast<uint32_t>(shared));
}

cudaError_t set_attribute(Function& function, cudaFuncAttribute attribute, int value) {
  switch (attribute) {
    case cudaFuncAttributeMaxDynamicSharedMemorySize:
      if (value < 0 || value > largest_dynamic_shared(function)) return cudaErrorInvalidValue;
      function.max_dynamic_shared = value;
      return cudaSuccess;
    case cudaFuncAttributePreferredSharedMemoryCarveout:
      if (value < -1 || value > 100) return cudaErrorInvalidValue;
      function.carveout = value;
      return cudaSuccess;
    case cudaFuncAttributeRequiredClusterWidth:
    case cudaFuncAttributeRequiredClusterHeight:
    case cudaFuncAttributeRequiredClusterDepth:
      function.cluster[attribute - cudaFuncAttributeRequiredClusterWidth] = value;
      return cudaSuccess;
    case cudaFuncAttributeNonPortableClusterSizeAllowed: function.non_portable_cluster = value; return cudaSuccess;
    case cudaFuncAttributeClusterSchedulingPolicyPreference: function.cluster_policy = value; return cudaSuccess;
    default: return cudaErrorInvalidValue;
  }
}

}  // namespace

extern "C" {
cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments, size_t shared,
                             cudaStream_t stream) {
  return launch(function, grid, block, arguments, shared, stream, false);
}
cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments, size_t shared,
                               cudaStream_t stream) {
  return launch(kernel, grid, block, arguments, shared, stream, false);
}
cudaError_t cudaLaunchCooperativeKernel(const void* function, dim3 grid, dim3 block, void** arguments, size_t shared,
                                        cudaStream_t stream) {
  return launch(function, grid, block, arguments, shared, stream, true);
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* function, void** arguments) {
  return api([&] {
    if (!config || (config->numAttrs && !config->attrs)) return cudaErrorInvalidValue;
    KernelOp op;
    auto error = make_kernel(function, config->gridDim, config->blockDim, config->dynamicSmemBytes, arguments, &op);
    for (unsigned i = 0; i < config->numAttrs && error == cudaSuccess; ++i)
      error = apply_attribute(config->attrs[i], &op);
    return error == cudaSuccess ? enqueue(config->stream, std::move(op)) : error;
  });
}
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* out, const void* key) {
  return with_function(key, [&](Function& function) {
    if (!out) return cudaErrorInvalidValue;
    const auto& info = *function.info;
    const auto& arch = *runtime().machine().options().arch;
    *out = {};
    out->sharedSizeBytes = info.static_shared;
    out->constSizeBytes = info.const_bytes;
    out->localSizeBytes = info.local_bytes;
    out->maxThreadsPerBlock = static_cast<int>(info.max_threads);
    out->numRegs = static_cast<int>(info.registers);
    out->ptxVersion = info.ptx_version;
    out->binaryVersion = arch.major * 10 + arch.minor;
    const int default_shared = static_cast<int>(arch.shared_per_block) - static_cast<int>(info.static_shared);
    out->maxDynamicSharedSizeBytes = std::max(function.max_dynamic_shared, default_shared);
    out->preferredShmemCarveout = function.carveout;
    out->clusterDimMustBeSet = info.required_cluster.x != 0;
    out->requiredClusterWidth = static_cast<int>(info.required_cluster.x);
    out->requiredClusterHeight = static_cast<int>(info.required_cluster.y);
    out->requiredClusterDepth = static_cast<int>(info.required_cluster.z);
    out->nonPortableClusterSizeAllowed = function.non_portable_cluster;
    out->clusterSchedulingPolicyPreference = function.cluster_policy;
    return cudaSuccess;
  });
}
cudaError_t cudaFuncSetAttribute(const void* key, cudaFuncAttribute attribute, int value) {
  return with_function(key, [&](Function& function) { return set_attribute(function, attribute, value); });
}
cudaError_t cudaKernelSetAttributeForDevice(cudaKernel_t kernel, cudaFuncAttribute attribute, int value, int device) {
  if (!known_device(device)) return record(cudaErrorInvalidDevice);
  return cudaFuncSetAttribute(kernel, attribute, value);
}
cudaError_t cudaFuncSetCacheConfig(const void* key, cudaFuncCache) {
  return with_function(key, [](Function&) { return cudaSuccess; });
}
cudaError_t cudaFuncSetSharedMemConfig(const void* key, cudaSharedMemConfig) {
  return with_function(key, [](Function&) { return cudaSuccess; });
}
cudaError_t cudaFuncGetName(const char** name, const void* key) {
  return with_function(key, [&](Function& function) { return *name = function.name.c_str(), cudaSuccess; });
}
cudaError_t cudaFuncGetParamInfo(const void* key, size_t index, size_t* offset, size_t* size) {
  return with_function(key, [&](Function& function) {
    const auto& parameters = function.info->parameters;
    if (index >= parameters.size() || !offset) return cudaErrorInvalidValue;
    *offset = parameters[index].offset;
    if (size) *size = parameters[index].size;
    return cudaSuccess;
  });
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void* key, int block,
                                                                   size_t shared, unsigned) {
  return with_function(key, [&](Function& function) {
    if (!blocks || block <= 0) return cudaErrorInvalidValue;
    *blocks = blocks_per_sm(function, block, shared);
    return cudaSuccess;
  });
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* key, int block, size_t shared) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, key, block, shared, 0);
}
cudaError_t cudaOccupancyAvailableDynamicSMemPerBlock(size_t* shared, const void* key, int blocks, int block) {
  return with_function(key, [&](Function& function) {
    if (!shared || blocks <= 0 || block <= 0) return cudaErrorInvalidValue;
    if (blocks_per_sm(function, block, 0) < blocks) return cudaErrorInvalidValue;
    // Occupancy falls as shared memory grows, so the largest size that still fits is found by halving.
    int64_t low = 0, high = std::max<int64_t>(0, largest_dynamic_shared(function));
    while (low < high) {
      const int64_t middle = (low + high + 1) / 2;
      if (blocks_per_sm(function, block, static_cast<size_t>(middle)) >= blocks) low = middle;
      else high = middle - 1;
    }
    *shared = static_cast<size_t>(low);
    return cudaSuccess;
  });
}
cudaError_t cudaOccupancyMaxPotentialClusterSize(int* size, const void* key, const cudaLaunchConfig_t*) {
  return with_function(key, [&](Function& function) {
    if (runtime().machine().options().arch->major < 9) return cudaErrorNotSupported;
    *size = function.non_portable_cluster ? 16 : 8;
    return cudaSuccess;
  });
}
cudaError_t cudaOccupancyMaxActiveClusters(int* clusters, const void* key, const cudaLaunchConfig_t* config) {
  return with_function(key, [&](Function& function) {
    const auto& options = runtime().machine().options();
    if (options.arch->major < 9) return cudaErrorNotSupported;
    if (!clusters || !config) return cudaErrorInvalidValue;
    KernelOp op;
    for (unsigned i = 0; i < config->numAttrs; ++i) apply_attribute(config->attrs[i], &op);
    const auto block = config->blockDim;
    const auto per_sm =
        blocks_per_sm(function, static_cast<int>(block.x * block.y * block.z), config->dynamicSmemBytes);
    *clusters = static_cast<int>(static_cast<uint64_t>(per_sm) * options.sms / op.config.cluster.count());
    return cudaSuccess;
  });
}
}
