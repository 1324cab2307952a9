// The machine: checks a launch, runs its blocks on host threads, and collects what happened.
#include "machine.h"

#include <sched.h>

#include <algorithm>

#include "exec.h"
#include "grid.h"
#include "module.h"

namespace ptxvm {
namespace {

uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

int usable_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

class MachineImpl final : public Machine {
 public:
  explicit MachineImpl(Options options);
  const Options& options() const override { return options_; }
  Memory& memory() override { return *memory_; }
  std::unique_ptr<Module> load(const std::vector<std::string_view>& texts) override {
    return std::make_unique<ModuleImpl>(texts, *memory_, options_);
  }
  int occupancy(const KernelInfo& info, uint32_t threads, uint32_t dynamic_shared) const override;
  LaunchResult launch(Module& module, const Kernel& kernel, const LaunchConfig& config,
                      const std::byte* parameters) override;
  void set_stack_bytes(uint64_t bytes) override { stack_bytes_ = bytes; }

 private:
  Status check(const Program& program, const LaunchConfig& config, std::string* why) const;
  uint64_t cooperative_workspace();
  Launch prepare(ModuleImpl& module, Program& program, const LaunchConfig& config) const;

  Options options_;
  std::unique_ptr<DeviceMemory> memory_;
  uint64_t stack_bytes_ = 1024;
  uint64_t launches_ = 0, workspace_ = 0;
};

MachineImpl::MachineImpl(Options options) : options_(std::move(options)) {
  if (!options_.arch) options_.arch = find_arch("sm_80");
  if (options_.sms <= 0) options_.sms = options_.arch->sms;
  if (options_.memory_bytes == 0) options_.memory_bytes = options_.arch->memory_bytes;
  if (options_.threads <= 0) options_.threads = usable_threads();
  if (!options_.print) options_.print = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); };
  if (!options_.log) options_.log = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); };
  memory_ = std::make_unique<DeviceMemory>(options_.memory_bytes, options_.check_mem, options_.check_init);
}

// Registers are given out in units of 256 a warp, shared memory in units of 128 bytes (CUDA occupancy calculator).
int MachineImpl::occupancy(const KernelInfo& info, uint32_t threads, uint32_t dynamic_shared) const {
  const Arch& arch = *options_.arch;
  if (threads == 0 || threads > info.max_threads) return 0;
  const uint64_t warps = (threads + 31) / 32;
  const uint64_t registers = round_up(uint64_t{info.registers} * 32, 256) * warps;
  const uint64_t shared = round_up(uint64_t{info.static_shared} + dynamic_shared + arch.shared_reserved, 128);
  uint64_t blocks = std::min<uint64_t>(arch.blocks_per_sm, arch.threads_per_sm / 32 / warps);
  blocks = std::min(blocks, arch.registers_per_sm / std::max<uint64_t>(registers, 1));
  blocks = std::min(blocks, arch.shared_per_sm / std::max<uint64_t>(shared, 1));
  return static_cast<int>(blocks);
}

Status MachineImpl::check(const Program& program, const LaunchConfig& config, std::string* why) const {
  const Arch& arch = *options_.arch;
  const auto& info = program.info;
  const Dim3 &g = config.grid, &b = config.block;
  const auto refused = [&](Status status, const std::string& sentence) {
    if (options_.check_mem) *why = "ptxvm: the launch of kernel " + demangled(info.name) + " is refused: " + sentence;
    return status;
  };
  const auto dims = [](const Dim3& d) {
    return "(" + std::to_string(d.x) + "," + std::to_string(d.y) + "," + std::to_string(d.z) + ")";
  };
  if (g.count() == 0 || g.x > 0x7fffffffu || g.y > 65535 || g.z > 65535)
    return refused(Status::kInvalidConfiguration, "a grid of " + dims(g) + " blocks");
  if (b.count() == 0 || b.x > 1024 || b.y > 1024 || b.z > 64 || b.count() > arch.threads_per_block)
    return refused(Status::kInvalidConfiguration, "a block of " + dims(b) + " threads");
  const auto* required = program.required_block;
  if (required[0] && (b.x != required[0] || b.y != required[1] || b.z != required[2]))
    return refused(Status::kInvalidValue, "a block of " + dims(b) + " threads, not the one its attribute requires");
  if (b.count() > info.max_threads)
    return refused(Status::kInvalidValue, "a block of " + dims(b) + " threads; its __launch_bounds__ allow " +
                                              std::to_string(info.max_threads));
  const uint64_t registers = round_up(uint64_t{info.registers} * 32, 256) * ((b.count() + 31) / 32);
  if (registers > arch.registers_per_block) return refused(Status::kLaunchOutOfResources, "too many registers");
  const uint64_t shared = uint64_t{info.static_shared} + config.dynamic_shared;
  const uint64_t allowed =
      std::max<uint64_t>(arch.shared_per_block, uint64_t{info.static_shared} + config.max_dynamic_shared);
  if (shared > allowed || shared > arch.shared_per_block_optin)
    return refused(Status::kInvalidValue, std::to_string(shared) + " bytes of shared memory; it may have " +
                                              std::to_string(std::min<uint64_t>(allowed, arch.shared_per_block_optin)));
  if (config.cluster.count() > 1) {
    *why = "ptxvm: kernel " + info.name + ": thread-block clusters are not modelled";
    return Status::kNotSupported;
  }
  if (config.cooperative) {
    const uint64_t resident = uint64_t(occupancy(info, uint32_t(b.count()), config.dynamic_shared)) * options_.sms;
    if (g.count() > resident)
      return refused(Status::kCooperativeLaunchTooLarge,
                     "of " + std::to_string(g.count()) + " blocks only " + std::to_string(resident) + " run at once");
  }
  return Status::kSuccess;
}

Launch MachineImpl::prepare(ModuleImpl& module, Program& program, const LaunchConfig& config) const {
  Launch l;
  l.program = &program;
  l.module = &module;
  l.memory = memory_.get();
  l.options = &options_;
  l.grid = config.grid, l.block = config.block;
  l.id = launches_;
  l.threads = static_cast<uint32_t>(config.block.count());
  l.warps = (l.threads + 31) / 32;
  l.dynamic_bytes = config.dynamic_shared;
  l.dynamic_base = program.dynamic_base;
  const uint64_t used = uint64_t{program.dynamic_base} + config.dynamic_shared;
  // Without the checker a block may touch the rest of its last kilobyte, as on hardware.
  l.shared_bytes = static_cast<uint32_t>(options_.check_mem ? used : round_up(used, 1024));
  l.reserved_at = static_cast<uint32_t>(round_up(l.shared_bytes, 1024));
  uint64_t frames = 0, frame = 0;
  for (const auto& f : program.functions) {
    frames += f.frame_bytes + kFrameHeader;
    frame = std::max<uint64_t>(frame, f.frame_bytes + kFrameHeader);
  }
  // Splits of a warp may call the same function at different times, each in a frame of its own.
  constexpr uint64_t kFrames = 1024, kRecursiveFrames = 4096, kMost = uint64_t{256} << 20;
  const bool calls = program.functions.size() > 1;
  l.register_bytes =
      !calls ? frames : std::min(kMost, frames + frame * (program.recursive ? kRecursiveFrames : kFrames));
  l.register_bytes = round_up(l.register_bytes + kFrameHeader, 4096);
  // The stack limit is meant for hardware, which keeps less on it than this machine.
  constexpr uint64_t kStackFactor = 8;
  l.local_bytes = program.local_bytes + (program.recursive ? stack_bytes_ * kStackFactor : 0);
  l.local_bytes = std::min<uint64_t>(l.local_bytes, kWindowBytes);
  if (!options_.check_mem) l.local_bytes = round_up(l.local_bytes, 64);
  l.limit = options_.max_instructions;
  return l;
}

uint64_t MachineImpl::cooperative_workspace() {
  constexpr uint32_t kBytes = 512;
  if (workspace_ == 0) workspace_ = memory_->allocate(kBytes, MemoryKind::kSymbol, "the grid's barrier");
  if (workspace_ == 0) throw std::bad_alloc();
  auto* at = memory_->alias(workspace_, kBytes);
  std::memset(at, 0, kBytes);
  std::memcpy(at, &kBytes, sizeof kBytes);
  memory_->mark_written(workspace_, kBytes);
  return workspace_;
}

LaunchResult MachineImpl::launch(Module& module, const Kernel& kernel, const LaunchConfig& config,
                                 const std::byte* parameters) {
  auto& m = static_cast<ModuleImpl&>(module);
  Program& program = m.program(kernel);
  LaunchResult result;
  result.status = check(program, config, &result.report);
  if (result.status != Status::kSuccess) return result;
  ++launches_;
  Launch launch = prepare(m, program, config);
  launch.parameters = parameters;
  if (config.cooperative) launch.workspace = cooperative_workspace();
  Debug debug;
  if (wanted_debug(options_, program.info.name, &debug)) launch.debug = &debug;
  run_grid(launch, config.cooperative, &result);
  return result;
}

}  // namespace

std::unique_ptr<Machine> Machine::create(Options options) { return std::make_unique<MachineImpl>(std::move(options)); }

}  // namespace ptxvm
