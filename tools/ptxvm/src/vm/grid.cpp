#include "grid.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace ptxvm {
namespace {

// Memory of a block's warps: register files, local and shared memory. Used again for the next block.
class BlockStore {
 public:
  explicit BlockStore(const Launch& launch) : launch_(launch) {
    bytes_ = launch.warps * (launch.register_bytes + 32 * ((launch.local_bytes + 63) / 64 * 64)) + launch.reserved_at +
             launch.options->arch->shared_reserved + 256;
    base_ = static_cast<std::byte*>(
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (base_ == MAP_FAILED) throw std::bad_alloc();
    block_.warps.resize(launch.warps);
  }
  ~BlockStore() { munmap(base_, bytes_); }
  BlockStore(const BlockStore&) = delete;
  Block& block() { return block_; }
  void start(uint64_t index);

 private:
  void start_warp(uint32_t index, std::byte* registers, std::byte* locals);

  const Launch& launch_;
  uint64_t bytes_;
  std::byte* base_;
  Block block_;
  bool used_ = false;
};

void BlockStore::start(uint64_t index) {
  const Dim3& grid = launch_.grid;
  block_.launch = &launch_;
  block_.index = index;
  block_.at[0] = static_cast<uint32_t>(index % grid.x);
  block_.at[1] = static_cast<uint32_t>(index / grid.x % grid.y);
  block_.at[2] = static_cast<uint32_t>(index / grid.x / grid.y);
  block_.alive = launch_.threads;
  block_.output.clear();
  block_.trace.clear();
  block_.findings.clear();
  block_.finding_count = 0;
  block_.failure = {};
  std::fill(std::begin(block_.barriers), std::end(block_.barriers), Barrier{});
  block_.async.assign(launch_.warps, {});
  block_.async_arrivals = 0;
  std::byte* at = base_;
  for (uint32_t i = 0; i < launch_.warps; ++i) {
    start_warp(i, at, at + launch_.register_bytes);
    at += launch_.register_bytes + 32 * ((launch_.local_bytes + 63) / 64 * 64);
  }
  block_.shared = at + (256 - reinterpret_cast<uintptr_t>(at) % 256) % 256;
  // Shared memory starts with whatever the last block left, as on hardware; but the same in every run.
  std::memset(block_.shared, 0, launch_.reserved_at + launch_.options->arch->shared_reserved);
  if (launch_.options->check_init) block_.shared_written.assign((launch_.shared_bytes + 7) / 8, 0);
  for (auto& w : block_.warps) w.shared = block_.shared;
  used_ = true;
}

void BlockStore::start_warp(uint32_t index, std::byte* registers, std::byte* locals) {
  Warp& w = block_.warps[index];
  Program& program = *launch_.program;
  const auto& kernel = program.functions.front();
  const uint32_t first = index * 32, lanes = std::min<uint32_t>(32, launch_.threads - first);
  w.base[0] = registers + kFrameHeader;
  w.base[1] = program.constants.empty() ? nullptr : program.constants.front().bytes;
  w.mask = w.alive = lanes == 32 ? ~0u : (1u << lanes) - 1;
  w.pc = program.code.data() + kernel.entry;
  w.limit = nullptr;
  w.count = w.thread_count = 0;
  const auto& memory = *launch_.memory;
  w.reservation = memory.base();
  w.reservation_size = memory.high_water() + 64;
  w.delta = memory.delta();
  w.shared_size = launch_.shared_bytes;
  w.locals = locals;
  w.local_size = launch_.local_bytes;
  w.local_stride = (launch_.local_bytes + 63) / 64 * 64;
  w.local = w.depth = 0;
  w.parameters = launch_.parameters;
  w.parameter_bytes = program.info.parameter_bytes;
  w.check = (launch_.options->check_mem ? 1u : 0u) | (launch_.options->check_init ? 2u : 0u);
  w.stop = Stop::kNone;
  w.current = 0, w.splits = 1;
  w.turn = 0, w.turn_lane = 0;
  w.split[0] = {w.pc, w.base[0], w.mask, 0, 0, Wait::kReady, 0, 0, nullptr};
  w.block = &block_;
  w.index = index;
  w.registers_end = registers + launch_.register_bytes;
  // Registers hold nothing from the last block, so that every run is the same.
  if (used_) std::memset(w.base[0], 0, kernel.frame_bytes);
  frame_of(w.base[0]) = {nullptr, nullptr, nullptr, w.base[0] + kernel.frame_bytes, 0};
  for (uint32_t lane = 0; lane < 32; ++lane) {
    const uint32_t t = first + lane;
    w.tid[0][lane] = t % launch_.block.x;
    w.tid[1][lane] = t / launch_.block.x % launch_.block.y;
    w.tid[2][lane] = t / launch_.block.x / launch_.block.y;
  }
}

// Collects results in the order of the blocks, whichever ends first.
class Collector {
 public:
  Collector(const Launch& launch, LaunchResult* result) : launch_(launch), result_(result) {}

  void done(Block& block, bool failed) {
    std::scoped_lock lock(mutex_);
    for (const auto& w : block.warps) {
      result_->instructions += w.count;
      result_->thread_instructions += w.thread_count;
    }
    Ended ended{std::move(block.output), std::move(block.trace), std::move(block.findings), block.finding_count, {}};
    if (failed) {
      ended.failure = std::move(block.failure);
      failed_ = std::min(failed_.load(), block.index);
    }
    waiting_.emplace(block.index, std::move(ended));
    while (!waiting_.empty() && waiting_.begin()->first == next_) flush();
  }
  // Blocks after a failed one are not started.
  bool wanted(uint64_t index) const { return index < failed_.load(); }
  void finish() {
    while (!waiting_.empty()) flush();
  }

 private:
  struct Ended {
    std::string output, trace;
    std::vector<Finding> findings;
    uint64_t finding_count;
    Failure failure;
  };

  void flush() {
    auto node = waiting_.extract(waiting_.begin());
    next_ = node.key() + 1;
    if (stopped_) return;
    Ended& e = node.mapped();
    if (!e.trace.empty()) launch_.options->log(e.trace);
    if (!e.output.empty()) launch_.options->print(e.output);
    for (const auto& finding : e.findings)  // once for each instruction of a launch, assertions always
      if (launch_.program->sources[finding.source].text.starts_with("call") || told_.insert(finding.source).second)
        add_report(finding.text);
    result_->findings += e.finding_count;
    if (e.failure.status == Status::kSuccess) return;
    stopped_ = true;
    result_->status = e.failure.status;
    result_->fatal = e.failure.fatal;
    add_report(e.failure.report);
  }
  void add_report(const std::string& text) {
    if (text.empty()) return;
    if (!result_->report.empty()) result_->report += '\n';
    result_->report += text;
  }

  const Launch& launch_;
  LaunchResult* result_;
  std::mutex mutex_;
  std::map<uint64_t, Ended> waiting_;
  std::set<uint32_t> told_;
  uint64_t next_ = 0;
  std::atomic<uint64_t> failed_{UINT64_MAX};
  bool stopped_ = false;
};

void run_parallel(const Launch& launch, Collector& collector) {
  const uint64_t blocks = launch.grid.count();
  const int threads = static_cast<int>(std::min<uint64_t>(blocks, static_cast<uint64_t>(launch.options->threads)));
  std::atomic<uint64_t> next{0};
  const auto work = [&] {
    BlockStore store(launch);
    for (;;) {
      const uint64_t index = next.fetch_add(1);
      if (index >= blocks || !collector.wanted(index)) return;
      store.start(index);
      BlockState state;
      while ((state = run_block(store.block())) == BlockState::kYielded) {
      }
      collector.done(store.block(), state == BlockState::kFailed);
    }
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (auto& thread : others) thread.join();
}

// Blocks in order on one thread. One that spins lets the others have their turn, as many as may be resident.
void run_serial(const Launch& launch, uint64_t most, Collector& collector) {
  const uint64_t blocks = launch.grid.count();
  std::vector<std::unique_ptr<BlockStore>> running, idle;
  uint64_t next = 0;
  const auto begin = [&] {
    if (idle.empty()) idle.push_back(std::make_unique<BlockStore>(launch));
    running.push_back(std::move(idle.back()));
    idle.pop_back();
    running.back()->start(next++);
  };
  while (next < blocks || !running.empty()) {
    if (running.empty()) begin();
    for (size_t i = 0; i < running.size();) {
      const BlockState state = run_block(running[i]->block());
      if (state == BlockState::kYielded) {
        if (++i == running.size() && next < blocks && running.size() < most) begin();
        continue;
      }
      collector.done(running[i]->block(), state == BlockState::kFailed);
      if (state == BlockState::kFailed) return;
      idle.push_back(std::move(running[i]));
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

}  // namespace

void run_grid(const Launch& launch, bool cooperative, LaunchResult* result) {
  Collector collector(launch, result);
  if (launch.program->serial || cooperative) {
    const uint64_t resident =
        std::max<uint64_t>(1, launch.options->arch->blocks_per_sm) * static_cast<uint64_t>(launch.options->sms);
    run_serial(launch, resident, collector);
  } else {
    run_parallel(launch, collector);
  }
  collector.finish();
}

}  // namespace ptxvm
