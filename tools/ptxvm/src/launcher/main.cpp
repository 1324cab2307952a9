// ptxvm [options] PROGRAM ARGS...: starts a program so that it finds ptxvm's libcudart.so.13 instead of the real one.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "launcher/elf.h"
#include "vm/machine.h"

namespace {

namespace fs = std::filesystem;
constexpr int kExitUsage = 2, kExitCannotRun = 126, kExitNotFound = 127;

constexpr char kHelp[] = R"(usage: ptxvm [options] PROGRAM [ARGUMENTS...]

Runs a CUDA program on a virtual GPU: its kernels are executed, from the PTX inside the executable, on the CPU.
The program is built as always, but with the shared runtime and with PTX:
  nvcc -cudart shared -gencode arch=compute_80,code=compute_80 -o program program.cu
  ptxvm ./program
  ptxvm --check mem,init ./program        find out-of-bounds, misaligned and uninitialised accesses

the device
  --arch NAME            sm_80 (default), sm_86, sm_89, sm_90a, sm_100 or sm_120, with its limits
  --sms N                multiprocessors (default: the architecture's usual product)
  --memory SIZE          device memory, such as 24GiB, 512MiB or a number of bytes
checking
  --check LIST           mem (bounds, alignment, use after free), init (reads of memory never written), or both
  --seed N               moves the dynamic shared memory by N 16-byte steps, so that alignment luck shows
  --rounding MODEL       hardware (default) or exact: which legal rounding approximations and tensor-core sums take
  --instructions N       a launch that runs more than N warp instructions ends as a launch timeout
looking inside
  --list                 print each kernel: PTX size, registers, shared and local memory; nothing is run
  --table                print the instructions that are modelled
  --dump-ptx             print the PTX that would be run; nothing is run
  --trace KERNEL[:BLOCK[:THREAD]]   print every instruction of it
  --break-on-nan         stop at the first instruction that makes a NaN
  --stats                print counts of launches, instructions and findings at the end
the host
  --threads N            host threads (default: all that the program may use); the results never depend on it
  --help                 this text

The exit code is the program's own; 86 if the checkers found something and the program ended with 0;
87 if a kernel uses an instruction that is not modelled (its name, kernel and line are printed);
2 for wrong options; 126 for a program that cannot run here; 127 if there is none of that name.
)";

[[noreturn]] void fail(const std::string& sentence, int code) {
  std::fprintf(stderr, "ptxvm: %s\n", sentence.c_str());
  std::exit(code);
}

// A decimal number and nothing else.
std::string digits(const std::string& option, const std::string& value) {
  if (value.empty() || value.size() > 18 || value.find_first_not_of("0123456789") != std::string::npos)
    fail(option + " wants a number, not '" + value + "'", kExitUsage);
  return value;
}

std::string bytes(const std::string& value) {
  const auto end = value.find_first_not_of("0123456789");
  const auto unit = end == std::string::npos ? "" : value.substr(end);
  const auto number = std::stoull(digits("--memory", value.substr(0, end)));
  const struct {
    const char* name;
    int shift;
  } units[] = {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"K", 10}, {"M", 20}, {"G", 30}};
  for (const auto& known : units)
    if (unit == known.name && number <= (UINT64_MAX >> 20 >> known.shift)) return std::to_string(number << known.shift);
  fail("--memory wants a size such as 24GiB, not '" + value + "'", kExitUsage);
}

std::string check_list(const std::string& value) {
  if (value != "mem" && value != "init" && value != "mem,init" && value != "init,mem")
    fail("--check knows mem and init, not '" + value + "'", kExitUsage);
  return value;
}

std::string arch_name(const std::string& value) {
  if (ptxvm::find_arch(value)) return value;
  std::string known;
  for (const auto name : ptxvm::arch_names()) known.append(" ").append(name);
  fail("--arch knows" + known + ", not '" + value + "'", kExitUsage);
}

std::string rounding(const std::string& value) {
  if (value != "hardware" && value != "exact") fail("--rounding knows hardware and exact", kExitUsage);
  return value;
}

struct Option {
  const char *name, *variable;
  std::string (*check)(const std::string&);  // null: a flag
};
const Option kOptions[] = {
    {"--arch", "PTXVM_ARCH", arch_name},
    {"--sms", "PTXVM_SMS", [](const std::string& v) { return digits("--sms", v); }},
    {"--memory", "PTXVM_MEMORY", bytes},
    {"--check", "PTXVM_CHECK", check_list},
    {"--seed", "PTXVM_SEED", [](const std::string& v) { return digits("--seed", v); }},
    {"--threads", "PTXVM_THREADS", [](const std::string& v) { return digits("--threads", v); }},
    {"--instructions", "PTXVM_INSTRUCTIONS", [](const std::string& v) { return digits("--instructions", v); }},
    {"--rounding", "PTXVM_ROUNDING", rounding},
    {"--trace", "PTXVM_TRACE", [](const std::string& v) { return v; }},
    {"--break-on-nan", "PTXVM_BREAK_ON_NAN", nullptr},
    {"--list", "PTXVM_LIST", nullptr},
    {"--dump-ptx", "PTXVM_DUMP_PTX", nullptr},
    {"--stats", "PTXVM_STATS", nullptr},
};

// Takes the option at argv[*at], "--name value" or "--name=value", into the environment.
void take_option(char** argv, int argc, int* at) {
  std::string word = argv[*at], value;
  const auto equals = word.find('=');
  const bool joined = equals != std::string::npos;
  if (joined) value = word.substr(equals + 1), word.resize(equals);
  for (const auto& option : kOptions) {
    if (word != option.name) continue;
    if (!option.check) {
      if (joined) fail(word + " takes no value", kExitUsage);
      setenv(option.variable, "1", 1);
      return;
    }
    if (!joined) {
      if (*at + 1 >= argc) fail(word + " wants a value; see ptxvm --help", kExitUsage);
      value = argv[++*at];
    }
    setenv(option.variable, option.check(value).c_str(), 1);
    return;
  }
  fail("unknown option " + word + "; see ptxvm --help", kExitUsage);
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::string list = path ? path : "";
  for (size_t from = 0; from <= list.size();) {
    const auto to = std::min(list.find(':', from), list.size());
    const auto candidate = list.substr(from, to - from) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    from = to + 1;
  }
  return name;
}

// Beside the launcher when installed in bin/, and in lib/ of the build directory.
fs::path library_directory() {
  const auto here = fs::read_symlink("/proc/self/exe").parent_path();
  for (const auto& candidate : {here / "../lib/ptxvm", here / "../lib", here / "lib", here})
    if (fs::exists(candidate / "libcudart.so.13")) return fs::weakly_canonical(candidate);
  fail("libcudart.so.13 of ptxvm is not beside the launcher (" + here.string() + ")", kExitCannotRun);
}

void prepend(const char* variable, const std::string& value, char separator) {
  const char* old = std::getenv(variable);
  setenv(variable, (old && *old ? value + separator + old : value).c_str(), 1);
}

std::vector<char> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
  int at = 1;
  for (; at < argc && argv[at][0] == '-'; ++at) {
    if (std::strcmp(argv[at], "--") == 0) {
      ++at;
      break;
    }
    if (std::strcmp(argv[at], "--help") == 0) return std::fputs(kHelp, stdout) < 0;
    if (std::strcmp(argv[at], "--table") == 0) return std::fputs(ptxvm::instruction_table().c_str(), stdout) < 0;
    take_option(argv, argc, &at);
  }
  if (at >= argc) fail("no program given; see ptxvm --help", kExitUsage);
  const auto program = find_program(argv[at]);
  if (access(program.c_str(), F_OK) != 0) fail("there is no program " + program, kExitNotFound);
  const auto file = contents(program);
  const auto facts = ptxvm::read_elf(std::as_bytes(std::span(file)));
  if (const auto reason = ptxvm::refusal(facts, program); !reason.empty()) fail(reason, kExitCannotRun);
  if (const auto text = ptxvm::note(facts); !text.empty()) std::fprintf(stderr, "ptxvm: %s\n", text.c_str());
  const auto directory = library_directory();
  prepend("LD_LIBRARY_PATH", directory.string(), ':');
  if (facts.rpath) prepend("LD_PRELOAD", (directory / "libcudart.so.13").string(), ' ');
  execv(program.c_str(), argv + at);
  fail("cannot start " + program + ": " + std::strerror(errno), kExitCannotRun);
}
