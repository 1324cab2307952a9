#include "runtime/runtime.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/fatbin.h"

namespace ptxvm {
namespace {

thread_local cudaError_t last_error = cudaSuccess;

const char* variable(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

uint64_t number(const char* name, uint64_t fallback) {
  const char* value = variable(name);
  return value ? std::strtoull(value, nullptr, 10) : fallback;
}

// What the launcher set; without the launcher the defaults hold.
void read_environment(Runtime& rt) {
  auto& options = rt.options;
  const char* arch = variable("PTXVM_ARCH");
  options.arch = find_arch(arch ? arch : "sm_80");
  if (!options.arch) {
    std::fprintf(stderr, "ptxvm: PTXVM_ARCH=%s is not an architecture this virtual GPU has\n", arch);
    std::_Exit(2);
  }
  options.sms = static_cast<int>(number("PTXVM_SMS", 0));
  options.memory_bytes = number("PTXVM_MEMORY", 0);
  const std::string check = variable("PTXVM_CHECK") ? variable("PTXVM_CHECK") : "";
  options.check_mem = check.find("mem") != std::string::npos;
  options.check_init = check.find("init") != std::string::npos;
  const char* rounding = variable("PTXVM_ROUNDING");
  options.rounding = rounding && std::strcmp(rounding, "exact") == 0 ? Rounding::kExact : Rounding::kHardware;
  options.seed = number("PTXVM_SEED", 0);
  options.threads = static_cast<int>(number("PTXVM_THREADS", 0));
  options.trace = variable("PTXVM_TRACE") ? variable("PTXVM_TRACE") : "";
  options.break_on_nan = number("PTXVM_BREAK_ON_NAN", 0);
  options.max_instructions = number("PTXVM_INSTRUCTIONS", 0);
  rt.list = number("PTXVM_LIST", 0);
  rt.dump_ptx = number("PTXVM_DUMP_PTX", 0);
  rt.stats = number("PTXVM_STATS", 0);
}

void at_exit(int status, void*) {
  auto& rt = runtime();
  rt.findings += rt.unseen_refusal;
  if (rt.stats)
    std::fprintf(stderr, "ptxvm: %llu launches, %llu warp instructions, %llu thread instructions, %llu findings\n",
                 static_cast<unsigned long long>(rt.launches), static_cast<unsigned long long>(rt.instructions),
                 static_cast<unsigned long long>(rt.thread_instructions), static_cast<unsigned long long>(rt.findings));
  if (rt.findings && status == 0) stop(kExitFindings);
}

// Texts of one image of the executable; an empty one (the shell of a -rdc=true link) has none.
std::string text_of(const Runtime& rt, const std::byte* image, uint64_t bytes) {
  const auto entries = read_fatbin({image, bytes ? bytes : fatbin_bytes(image)});
  if (entries.empty()) return {};
  const int chosen = choose_ptx(entries, *rt.options.arch);
  if (chosen >= 0) return unpack_ptx(entries[chosen]);
  const auto arch = std::to_string(rt.options.arch->major * 10 + rt.options.arch->minor);
  throw FatbinError{"no PTX that sm_" + arch + " may run (the executable has " + describe(entries) +
                    "); embed PTX: -gencode arch=compute_80,code=compute_80"};
}

bool has_ptx(const Runtime& rt, const std::byte* image) {
  return choose_ptx(read_fatbin({image, fatbin_bytes(image)}), *rt.options.arch) >= 0;
}

}  // namespace

// Never destroyed: registered functions are unregistered after static destructors have run.
Runtime& runtime() {
  static Runtime* rt = [] {
    auto* made = new Runtime;
    read_environment(*made);
    on_exit(at_exit, nullptr);
    return made;
  }();
  return *rt;
}

namespace {

// The program's own code touched an address of the device: say so, and end as it would have without a word.
void on_fault(int number, siginfo_t* info, void*) {
  if (runtime().memory().is_device(info->si_addr)) {
    const auto text = "ptxvm: the host reads or writes memory of the device: " + place(info->si_addr, 1) + "\n";
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) _exit(1);
  }
  signal(number, SIG_DFL);  // the access is repeated
}

// Unless the program has a handler of its own.
void watch_faults() {
  struct sigaction old, watch = {};
  if (sigaction(SIGSEGV, nullptr, &old) != 0 || old.sa_handler != SIG_DFL) return;
  watch.sa_sigaction = on_fault;
  watch.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &watch, nullptr);
}

}  // namespace

Machine& Runtime::machine() {
  if (!machine_) {
    watch_faults();
    options.print = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); };
    machine_ = Machine::create(options);
  }
  return *machine_;
}

void stop(int code) {
  std::fflush(nullptr);
  std::_Exit(code);
}

void say_once(const std::string& sentence) {
  static auto& said = *new std::set<std::string>;
  if (said.insert(sentence).second) std::fprintf(stderr, "ptxvm: %s\n", sentence.c_str());
}

cudaError_t misused(const std::string& sentence) {
  auto& rt = runtime();
  if (!rt.options.check_mem) return cudaErrorInvalidValue;
  ++rt.findings;
  std::fflush(stdout);
  std::fprintf(stderr, "ptxvm: %s\n", sentence.c_str());
  return cudaErrorInvalidValue;
}

std::string place(const void* pointer, size_t bytes) {
  return runtime().memory().describe(reinterpret_cast<uint64_t>(pointer), bytes);
}

cudaError_t unsupported(const char* name) {
  std::scoped_lock lock(runtime().mutex);
  say_once(std::string(name) + " is not supported (it returns cudaErrorNotSupported)");
  return record(cudaErrorNotSupported);
}

cudaError_t record(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

cudaError_t sticky_or_success() {
  auto& rt = runtime();
  if (rt.list || rt.dump_ptx) stop(0);  // everything is registered, so everything was printed
  return rt.sticky;
}

cudaError_t load(FatModule& module) {
  if (module.module || module.error != cudaSuccess) return module.error;
  auto& rt = runtime();
  try {
    for (const auto* image : module.images) {
      // Libraries of a -rdc=true link (libcudadevrt) hold machine code alone; a program that needs them lacks a
      // function when it is linked.
      if (module.images.size() > 1 && !has_ptx(rt, image)) continue;
      if (auto text = text_of(rt, image, module.image_bytes); !text.empty()) module.texts.push_back(std::move(text));
    }
    module.error = module.texts.empty() ? cudaErrorNoKernelImageForDevice : cudaSuccess;
    if (module.error != cudaSuccess) return module.error;
    module.module = rt.machine().load({module.texts.begin(), module.texts.end()});
  } catch (const FatbinError& error) {
    say_once(error.message);
    module.error = cudaErrorNoKernelImageForDevice;
  } catch (const PtxError& error) {
    say_once(error.message);
    module.error = cudaErrorInvalidPtx;
  }
  return module.error;
}

cudaError_t find_function(const void* key, Function** found) {
  auto& rt = runtime();
  Function* function = nullptr;
  if (const auto at = rt.functions.find(key); at != rt.functions.end()) function = at->second;
  else if (rt.handles.count(key)) function = static_cast<Function*>(const_cast<void*>(key));
  if (!function) return cudaErrorInvalidDeviceFunction;
  if (!function->info) {
    if (const auto error = load(*function->module); error != cudaSuccess) return error;
    function->kernel = function->module->module->kernel(function->name);
    if (!function->kernel) return cudaErrorInvalidDeviceFunction;
    function->info = &function->module->module->info(*function->kernel);
  }
  *found = function;
  return cudaSuccess;
}

cudaError_t find_symbol(const void* shadow, Symbol* found) {
  auto& rt = runtime();
  const auto at = rt.variables.find(shadow);
  if (at == rt.variables.end()) return cudaErrorInvalidSymbol;
  if (const auto error = load(*at->second.module); error != cudaSuccess) return error;
  const auto* symbol = at->second.module->module->symbol(at->second.name);
  if (!symbol) return cudaErrorInvalidSymbol;
  *found = *symbol;
  return cudaSuccess;
}

namespace {
struct ErrorText {
  int code;
  const char *name, *text;
};
constexpr ErrorText kErrors[] = {
#include "runtime/error_table.inc"
};
const ErrorText* error_text(cudaError_t code) {
  for (const auto& error : kErrors)
    if (error.code == static_cast<int>(code)) return &error;
  return nullptr;
}
}  // namespace
}  // namespace ptxvm

using namespace ptxvm;

extern "C" {
cudaError_t cudaGetLastError() {
  runtime().unseen_refusal = false;
  const auto error = last_error;
  last_error = cudaSuccess;
  return error;
}
cudaError_t cudaPeekAtLastError() {
  runtime().unseen_refusal = false;
  return last_error;
}
const char* cudaGetErrorName(cudaError_t error) {
  const auto* known = error_text(error);
  return known ? known->name : "unrecognized error code";
}
const char* cudaGetErrorString(cudaError_t error) {
  const auto* known = error_text(error);
  return known ? known->text : "unrecognized error code";
}
cudaError_t ptxvm_unsupported(const char* name) { return unsupported(name); }
}
