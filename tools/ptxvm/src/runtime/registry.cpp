// What the compiler's start-up code calls: fat binaries, kernels and variables, and the <<<>>> configuration stack.
#include <cstdio>

#include "runtime/runtime.h"

using namespace ptxvm;

namespace {

// The wrapper nvcc emits (fatbinary_section.h): version 2 is a -rdc=true link, whose parts lie in `parts`.
struct Wrapper {
  int magic, version;
  const std::byte* data;
  const std::byte* const* parts;
};
constexpr int kWrapperMagic = 0x466243b1, kLinked = 2;

struct Configuration {
  dim3 grid, block;
  size_t shared;
  void* stream;
};
thread_local std::vector<Configuration> configurations;

FatModule* module_of(void** handle) {
  auto& modules = runtime().modules;
  const auto at = modules.find(handle);
  return at == modules.end() ? nullptr : at->second.get();
}

void list_kernels(FatModule& module) {
  if (load(module) != cudaSuccess) return;
  for (const auto& name : module.module->kernel_names()) {
    try {
      const auto& info = module.module->info(*module.module->kernel(name));
      std::printf("%s: %u bytes of PTX, %u registers, %u bytes shared, %u bytes local\n", name.c_str(), info.ptx_bytes,
                  info.registers, info.static_shared, info.local_bytes);
    } catch (const PtxError& error) {
      std::printf("%s: cannot be decoded: %s\n", name.c_str(), error.message.c_str());
    }
  }
}

}  // namespace

extern "C" {

void** __cudaRegisterFatBinary(void* fat) {
  auto& rt = runtime();
  std::scoped_lock lock(rt.mutex);
  const auto* wrapper = static_cast<const Wrapper*>(fat);
  auto module = std::make_unique<FatModule>();
  if (wrapper->magic == kWrapperMagic) {
    module->images.push_back(wrapper->data);
    if (wrapper->version == kLinked && wrapper->parts)
      for (const auto* const* part = wrapper->parts; *part; ++part) module->images.push_back(*part);
  } else {
    say_once("a fat binary was registered whose wrapper has no magic number 0x466243b1");
    module->error = cudaErrorInvalidKernelImage;
  }
  auto** handle = reinterpret_cast<void**>(module.get());
  rt.modules[handle] = std::move(module);
  return handle;
}

void __cudaRegisterFatBinaryEnd(void** handle) {
  auto& rt = runtime();
  std::scoped_lock lock(rt.mutex);
  auto* module = module_of(handle);
  if (!module) return;
  if (rt.list) list_kernels(*module);
  if (rt.dump_ptx && load(*module) == cudaSuccess)
    for (const auto& text : module->texts) std::fwrite(text.data(), 1, text.size(), stdout);
}

void __cudaUnregisterFatBinary(void** handle) {
  auto& rt = runtime();
  std::scoped_lock lock(rt.mutex);
  auto* module = module_of(handle);
  if (!module) return;
  for (auto& [name, function] : module->functions) rt.handles.erase(function.get());
  std::erase_if(rt.functions, [&](const auto& item) { return item.second->module == module; });
  std::erase_if(rt.variables, [&](const auto& item) { return item.second.module == module; });
  rt.modules.erase(handle);
}

void __cudaRegisterFunction(void** handle, const char* stub, char*, const char* name, int, uint3*, uint3*, dim3*, dim3*,
                            int*) {
  auto& rt = runtime();
  std::scoped_lock lock(rt.mutex);
  auto* module = module_of(handle);
  if (!module) return;
  auto& function = module->functions[name];
  if (!function) function = std::make_unique<Function>();
  function->module = module;
  function->name = name;
  rt.functions[stub] = function.get();
  rt.handles.insert(function.get());
}

void __cudaRegisterVar(void** handle, char* shadow, char*, const char* name, int, size_t, int, int) {
  auto& rt = runtime();
  std::scoped_lock lock(rt.mutex);
  if (auto* module = module_of(handle)) rt.variables[shadow] = {module, name};
}

void __cudaRegisterHostVar(void** handle, const char* name, char* shadow, size_t) {
  __cudaRegisterVar(handle, shadow, nullptr, name, 0, 0, 0, 0);
}

void __cudaRegisterManagedVar(void** handle, void** host, char*, const char* name, int, size_t, int, int) {
  auto& rt = runtime();
  std::scoped_lock lock(rt.mutex);
  auto* module = module_of(handle);
  if (!module) return;
  module->managed.push_back({host, name});
  rt.variables[host] = {module, name};
}

char __cudaInitModule(void** handle) {
  std::scoped_lock lock(runtime().mutex);
  auto* module = module_of(handle);
  if (!module || module->managed.empty()) return 0;
  if (load(*module) != cudaSuccess) return 0;
  for (const auto& variable : module->managed) {
    const auto* symbol = module->module->symbol(variable.name);
    if (symbol) *variable.host = reinterpret_cast<void*>(symbol->address);
    runtime().variables[*variable.host] = {module, variable.name};
  }
  return 1;
}

cudaError_t __cudaGetKernel(cudaKernel_t* handle, const void* stub) {
  std::scoped_lock lock(runtime().mutex);
  const auto at = runtime().functions.find(stub);
  if (at == runtime().functions.end()) return record(cudaErrorInvalidDeviceFunction);
  *handle = reinterpret_cast<cudaKernel_t>(at->second);
  return cudaSuccess;
}

cudaError_t cudaGetKernel(cudaKernel_t* handle, const void* stub) { return __cudaGetKernel(handle, stub); }

cudaError_t cudaGetFuncBySymbol(cudaFunction_t* function, const void* stub) {
  return __cudaGetKernel(reinterpret_cast<cudaKernel_t*>(function), stub);
}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared, void* stream) {
  configurations.push_back({grid, block, shared, stream});
  return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared, void* stream) {
  if (configurations.empty()) return record(cudaErrorMissingConfiguration);
  const auto top = configurations.back();
  configurations.pop_back();
  *grid = top.grid;
  *block = top.block;
  *shared = top.shared;
  *static_cast<void**>(stream) = top.stream;
  return cudaSuccess;
}
}
