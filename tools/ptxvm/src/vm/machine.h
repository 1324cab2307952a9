// The virtual GPU: everything the runtime library needs from it. A Machine owns device memory and runs kernels; a
// Module is PTX text turned into kernels and variables. Nothing here knows the CUDA runtime API.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ptxvm {

// The numbers are those of cudaError_t, so that the runtime can hand them on as they are.
enum class Status : int {
  kSuccess = 0,
  kInvalidValue = 1,
  kMemoryAllocation = 2,
  kInvalidConfiguration = 9,
  kInvalidSymbol = 13,
  kInvalidDeviceFunction = 98,
  kNoKernelImageForDevice = 209,
  kInvalidPtx = 218,
  kIllegalAddress = 700,
  kLaunchOutOfResources = 701,
  kLaunchTimeout = 702,
  kAssert = 710,
  kHardwareStackError = 714,
  kIllegalInstruction = 715,
  kMisalignedAddress = 716,
  kInvalidAddressSpace = 717,
  kInvalidPc = 718,
  kLaunchFailure = 719,
  kCooperativeLaunchTooLarge = 720,
  kNotSupported = 801,
  kUnknown = 999,
};

// Limits of one architecture; sizes in bytes. Source: CUDA programming guide, table of technical specifications.
struct Arch {
  std::string_view name;  // "sm_80"
  int major, minor;
  bool arch_specific;         // sm_90a: PTX for a plain 9.0 or below and for 90a itself runs
  int sms;                    // of the usual product, the default of --sms
  uint32_t shared_per_block;  // without opt-in: 48 KiB everywhere
  uint32_t shared_per_block_optin;
  uint32_t shared_per_sm;
  uint32_t shared_reserved;  // taken by the system for each block
  uint32_t registers_per_sm, registers_per_block;
  uint32_t threads_per_sm, threads_per_block, blocks_per_sm;
  uint32_t l2_bytes;
  uint64_t memory_bytes;  // default of --memory
};
const Arch* find_arch(std::string_view name);  // nullptr if unknown; "sm_90a" and "90a" are both found
std::vector<std::string_view> arch_names();

struct Dim3 {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t{x} * y * z; }
};

enum class Rounding { kHardware, kExact };  // which legal model of approximations and tensor-core sums

struct Options {
  const Arch* arch = nullptr;  // find_arch("sm_80") if null
  int sms = 0;                 // 0: the architecture's
  uint64_t memory_bytes = 0;   // 0: the architecture's
  bool check_mem = false, check_init = false;
  Rounding rounding = Rounding::kHardware;
  uint64_t seed = 0;  // moves the dynamic shared base by 16-byte steps
  int threads = 0;    // host threads; 0: as many as the affinity mask allows
  std::string trace;  // KERNEL[:block[:thread]], empty: off
  bool break_on_nan = false;
  uint64_t max_instructions = 0;  // a launch that runs more warp instructions ends in kLaunchTimeout; 0: no limit
  // Receives the text of device printf, already in block order, and of traces. Default: standard output / error.
  std::function<void(std::string_view)> print, log;
};

enum class MemoryKind { kDevice, kManaged, kPinned, kSymbol };

struct Allocation {
  uint64_t address = 0, size = 0;  // size as asked for
  MemoryKind kind = MemoryKind::kDevice;
  std::string name;  // "cudaMalloc #3" or the variable's name; for reports
  bool freed = false;
};

// Device memory. Device addresses lie in one no-access reservation, and the machine reads and writes through an alias,
// so a host dereference of a device pointer faults. Managed and pinned memory is accessible to the host at its address.
// All functions may be called from any thread.
class Memory {
 public:
  virtual ~Memory() = default;
  // 0 if the limit would be passed. Every address is a multiple of 512. size 0 is refused (0).
  virtual uint64_t allocate(uint64_t size, MemoryKind kind, std::string name) = 0;
  virtual bool release(uint64_t address) = 0;                        // false: not the start of a living allocation
  virtual bool find(uint64_t address, Allocation* found) const = 0;  // the living allocation that holds address
  virtual uint64_t used() const = 0;
  virtual uint64_t total() const = 0;
  // Host memory that kernels may use at its own address (cudaHostRegister).
  virtual bool add_host_range(const void* start, uint64_t size, std::string name) = 0;
  virtual bool remove_host_range(const void* start) = 0;
  // What lies at the address, or next to it, in words: "it is 4 bytes past the end of cudaMalloc #1 (400 bytes)".
  virtual std::string describe(uint64_t address, uint64_t bytes) const = 0;
  // True if the address is in the reservation (living or not).
  virtual bool is_device(const void* address) const = 0;
  // The host alias of [address, address + size), or nullptr unless the range lies within one living allocation.
  virtual std::byte* alias(uint64_t address, uint64_t size) const = 0;
  // Copies between any two of host, device, managed and pinned memory and keeps track of what is initialised.
  // False, and nothing copied, if a device range is not within one living allocation.
  virtual bool copy(void* destination, const void* source, uint64_t size) = 0;
  virtual bool fill(void* destination, int byte, uint64_t size) = 0;
  // Marks bytes as written for --check init, after writing through alias().
  virtual void mark_written(uint64_t address, uint64_t size) = 0;
};

struct Parameter {
  uint32_t offset = 0, size = 0, align = 1;
};

struct KernelInfo {
  std::string name;  // mangled
  std::vector<Parameter> parameters;
  uint32_t parameter_bytes = 0;
  uint32_t static_shared = 0;  // bytes
  uint32_t local_bytes = 0;    // stack of one thread
  uint32_t const_bytes = 0;
  uint32_t registers = 0;       // estimate: 32-bit registers alive at once, clamped by maxntid and 255
  uint32_t max_threads = 1024;  // what one block may have, from .maxntid and registers
  uint32_t ptx_bytes = 0, ptx_line = 0;
  Dim3 required_cluster{0, 0, 0};  // .reqnctapercluster, zeros if none
  int ptx_version = 0;             // 80 for .target sm_80
};

struct Symbol {
  std::string name;
  uint64_t address = 0, size = 0;
  bool constant = false;
  bool managed = false;
};

class Kernel;

// One or several PTX texts that are linked together. Bodies are parsed and decoded when first launched or asked about.
class Module {
 public:
  virtual ~Module() = default;
  virtual std::vector<std::string> kernel_names() const = 0;
  virtual const Kernel* kernel(std::string_view name) = 0;  // nullptr: no such kernel
  virtual const Symbol* symbol(std::string_view name) = 0;  // nullptr: no such .global/.const variable
  // Decodes the kernel. Throws PtxError on malformed text.
  virtual const KernelInfo& info(const Kernel& kernel) = 0;
  virtual int target() const = 0;  // 80 for sm_80
};

// Malformed or unlinkable PTX: the sentence has line and text.
struct PtxError {
  std::string message;
};

struct LaunchConfig {
  Dim3 grid, block, cluster;
  uint32_t dynamic_shared = 0;
  uint32_t max_dynamic_shared = 0;  // what the function attribute allows beyond 48 KiB; 0: no opt-in
  bool cooperative = false;
};

struct LaunchResult {
  Status status = Status::kSuccess;
  bool fatal = false;         // not modelled: the report must be printed and the program stopped
  std::string report;         // readable, several lines; empty on success without findings
  uint64_t findings = 0;      // of the checkers
  uint64_t instructions = 0;  // warp instructions run
  uint64_t thread_instructions = 0;
};

class Machine {
 public:
  static std::unique_ptr<Machine> create(Options options);
  virtual ~Machine() = default;
  virtual const Options& options() const = 0;  // arch, sms, memory_bytes and threads filled in
  virtual Memory& memory() = 0;
  // Allocates and initialises the module's variables. Throws PtxError.
  virtual std::unique_ptr<Module> load(const std::vector<std::string_view>& texts) = 0;
  // Blocks per multiprocessor for an occupancy query; 0 if not even one block fits.
  virtual int occupancy(const KernelInfo& info, uint32_t threads, uint32_t dynamic_shared) const = 0;
  // Checks the configuration, runs the grid to its end, and returns. `parameters` has info.parameter_bytes bytes laid
  // out at the offsets of info.parameters. One launch at a time.
  virtual LaunchResult launch(Module& module, const Kernel& kernel, const LaunchConfig& config,
                              const std::byte* parameters) = 0;
  // Device malloc heap, printf buffer and stack size are limits a program may query and set; value in bytes.
  virtual void set_stack_bytes(uint64_t bytes) = 0;
};

// Table of the instructions that are modelled, one line each, generated from the decoder.
std::string instruction_table();

}  // namespace ptxvm
