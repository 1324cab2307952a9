// State of the drop-in CUDA runtime: one device, its machine, what the program registered, and the error model.
// Streams are executed eagerly: every operation has ended when its call returns, in the order of the calls, which is
// one of the orders that CUDA allows.
#pragma once

#include <cuda_runtime_api.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "vm/machine.h"

namespace ptxvm {

constexpr int kExitFindings = 86;     // the checkers found something and the program itself ended with 0
constexpr int kExitNotModelled = 87;  // an instruction or modifier is not modelled

struct FatModule;

struct Function {
  FatModule* module = nullptr;
  std::string name;
  const Kernel* kernel = nullptr;  // once found
  const KernelInfo* info = nullptr;
  int max_dynamic_shared = 0, carveout = -1;  // as set by cudaFuncSetAttribute
  int cluster[3] = {0, 0, 0};
  int non_portable_cluster = 0, cluster_policy = 0;
};

// One __cudaRegisterFatBinary: read when something of it is first used.
struct FatModule {
  std::vector<const std::byte*> images;  // several if linked by -rdc=true
  uint64_t image_bytes = 0;              // 0: believe the header (images of the executable itself)
  std::vector<std::string> texts;
  std::unique_ptr<Module> module;
  cudaError_t error = cudaSuccess;  // why it cannot be loaded
  std::map<std::string, std::unique_ptr<Function>> functions;
  struct Managed {
    void** host;
    std::string name;
  };
  std::vector<Managed> managed;
};

struct Variable {
  FatModule* module;
  std::string name;
};

struct Pool {
  uint64_t used = 0, used_high = 0, threshold = 0;
  int reuse[3] = {1, 1, 1};
};

struct Runtime {
  std::recursive_mutex mutex;
  Options options;
  std::unique_ptr<Machine> machine_;
  cudaError_t sticky = cudaSuccess;
  std::map<void**, std::unique_ptr<FatModule>> modules;
  std::unordered_map<const void*, Function*> functions;  // by the host stub's address
  std::set<const void*> handles;                         // living Function*
  std::unordered_map<const void*, Variable> variables;   // by the host shadow's address
  std::map<uint64_t, Pool*> pool_of;
  std::set<const void*> graph_allocations;  // stay in place: every launch of their graph allocates them anew
  std::set<Pool*> pools;
  Pool default_pool;
  uint64_t allocations = 0, launches = 0, findings = 0, instructions = 0, thread_instructions = 0;
  uint64_t stack_limit = 1024, printf_limit = 1 << 20, heap_limit = 8 << 20;
  bool unseen_refusal = false;  // of a launch, and the program has not asked for its last error since
  bool list = false, dump_ptx = false, stats = false;

  Machine& machine();
  Memory& memory() { return machine().memory(); }
};

Runtime& runtime();

// Ends the program at once with its output flushed.
[[noreturn]] void stop(int code);

// Names an unsupported use once on stderr.
cudaError_t unsupported(const char* name);
// Says something once on stderr.
void say_once(const std::string& sentence);

// --check mem: a call that would have harmed memory is a finding. Returns cudaErrorInvalidValue.
cudaError_t misused(const std::string& sentence);
// What lies at the address, in words; see Memory::describe.
std::string place(const void* pointer, size_t bytes);

// Sets the calling thread's last error and returns it.
cudaError_t record(cudaError_t error);
cudaError_t sticky_or_success();

// Every entry point: one caller at a time, sticky errors first, no exception leaves.
template <class F>
cudaError_t api(F&& body) {
  std::scoped_lock lock(runtime().mutex);
  if (const auto error = sticky_or_success(); error != cudaSuccess) return record(error);
  try {
    return record(body());
  } catch (const std::bad_alloc&) {
    return record(cudaErrorMemoryAllocation);
  } catch (const PtxError& error) {
    say_once(error.message);
    return record(cudaErrorInvalidPtx);
  }
}

cudaError_t load(FatModule& module);                                      // reads and links the PTX, once
cudaError_t find_function(const void* stub_or_handle, Function** found);  // decoded, info is set
cudaError_t find_symbol(const void* shadow, Symbol* found);

bool known_device(int device);
cudaError_t fill_properties(cudaDeviceProp* properties);

}  // namespace ptxvm
