#include "support/op_check.h"

#include <cmath>
#include <cstring>
#include <memory>

#include "glimpse/core/oracle.h"

namespace glimpse::test {

uint64_t seed_of(const OpBase& op, const std::string& label) {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : op.name() + ("." + label)) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
  return hash;
}

namespace {

std::vector<double> values(const TensorView& t) {
  std::vector<double> all;
  all.reserve(size_t(t.numel()));
  for_each_offset(t, [&](int64_t at) { all.push_back(oracle::get_at(t, at)); });
  return all;
}

// The case's arguments over fresh storage. With `exact`, every allocation that an output touches becomes doubles;
// views keep their places in it, so views that share memory still do.
struct OracleArgs {
  AnyArgs args;
  std::vector<std::vector<double>> doubles;
  std::vector<std::vector<uint8_t>> bytes;

  OracleArgs(const OpBase& op, const AnyArgs& host, const CaseMemory& memory, bool exact) {
    const auto& allocations = memory.allocations();
    std::vector<bool> widened(allocations.size());
    op.visit(host, [&](const char*, TensorView& t, Role role) {
      const bool real = t.dtype == DType::f32 || t.dtype == DType::bf16;
      if (exact && role != Role::in && real) widened[memory.find(t)] = true;
    });
    for (size_t i = 0; i < allocations.size(); ++i) {
      const Allocation& a = allocations[i];
      bytes.emplace_back(a.data(), a.data() + a.size());
      bytes.back().reserve(1);  // a view without an address would count as absent
      doubles.emplace_back().reserve(1);
      if (!widened[i]) continue;
      TensorView all;
      all.data = bytes.back().data(), all.dtype = a.dtype;
      for (size_t e = 0; e < a.size() / size_t(size_of(a.dtype)); ++e)
        doubles.back().push_back(oracle::get_at(all, int64_t(e)));
    }
    args = op.clone(host.get());
    op.visit(args, [&](const char*, TensorView& t, Role) {
      const size_t i = memory.find(t);
      const ptrdiff_t offset = static_cast<const uint8_t*>(t.data) - allocations[i].data();
      if (widened[i]) t.data = doubles[i].data() + offset / size_of(t.dtype), t.dtype = DType::f64;
      else t.data = bytes[i].data() + offset;
    });
  }
};

std::vector<std::vector<double>> outputs(const OpBase& op, const AnyArgs& args) {
  std::vector<std::vector<double>> all;
  op.visit(args, [&](const char*, TensorView& t, Role role) {
    if (role != Role::in) all.push_back(values(t));
  });
  return all;
}

std::vector<std::vector<double>> oracle_outputs(const OpBase& op, const AnyArgs& host, const CaseMemory& memory,
                                                bool exact) {
  OracleArgs copy(op, host, memory, exact);
  op.reference(copy.args.get(), exact);
  return outputs(op, copy.args);
}

std::string where(Layout layout, const std::string& what) { return std::string(name_of(layout)) + ": " + what; }

// Workspace of exactly the declared size between guard zones, poisoned before every run.
class GuardedWorkspace {
 public:
  GuardedWorkspace(Backend& backend, size_t bytes)
      : backend_(backend), bytes_(bytes), poison_(bytes + 2 * kGuard, kPoison), buffer_(backend, poison_.size()) {}
  void poison() { backend_.upload(buffer_.data(), poison_.data(), poison_.size()); }
  void* data() const { return static_cast<uint8_t*>(buffer_.data()) + kGuard; }
  size_t bytes() const { return bytes_; }
  bool guards_intact() {
    std::vector<uint8_t> now(poison_.size());
    backend_.download(now.data(), buffer_.data(), now.size());
    return std::memcmp(now.data(), poison_.data(), kGuard) == 0 &&
           std::memcmp(now.data() + kGuard + bytes_, poison_.data(), kGuard) == 0;
  }

 private:
  Backend& backend_;
  size_t bytes_;
  std::vector<uint8_t> poison_;
  Buffer buffer_;
};

// One case in one layout on one device.
struct Setup {
  CaseMemory memory;
  AnyArgs host, args;
  std::unique_ptr<DeviceImage> image;
  std::vector<std::vector<uint8_t>> mask;

  // Empty, or why the contract does not take this layout.
  std::string make(const OpBase& op, const AnyCase& test_case, Backend& backend) {
    host = test_case.make(memory);
    try {
      op.check(host.get());
    } catch (const Error& e) {
      return std::string("contract: ") + e.what();
    }
    image = std::make_unique<DeviceImage>(backend, memory);
    args = image->args(op, host);
    mask = writable_bytes(op, host, memory);
    return "";
  }

  // Which byte changed that no output owns, as a sentence; empty: none.
  std::string trespass(const std::vector<std::vector<uint8_t>>& now) const {
    for (size_t i = 0; i < now.size(); ++i) {
      const auto& before = memory.allocations()[i].bytes;
      for (size_t b = 0; b < before.size(); ++b)
        if (!mask[i][b] && now[i][b] != before[b])
          return "byte " + std::to_string(int64_t(b) - int64_t(kGuard)) + " of tensor " + std::to_string(i) + " (of " +
                 std::to_string(before.size() - 2 * kGuard) + " bytes), which no output owns, was written";
    }
    return "";
  }

  // The outputs as they lie in downloaded bytes.
  std::vector<std::vector<double>> results(const OpBase& op, std::vector<std::vector<uint8_t>>& now) const {
    const AnyArgs view = op.clone(host.get());
    op.visit(view, [&](const char*, TensorView& t, Role) {
      const size_t i = memory.find(t);
      t.data = now[i].data() + (static_cast<const uint8_t*>(t.data) - memory.allocations()[i].bytes.data());
    });
    return outputs(op, view);
  }

  bool same_outputs(const std::vector<std::vector<uint8_t>>& a, const std::vector<std::vector<uint8_t>>& b) const {
    for (size_t i = 0; i < a.size(); ++i)
      for (size_t j = 0; j < a[i].size(); ++j)
        if (mask[i][j] && a[i][j] != b[i][j]) return false;
    return true;
  }
};

void compare_all(const OpBase& op, const std::vector<Expected>& expected, const std::vector<std::vector<double>>& got,
                 Layout layout, Outcome& outcome) {
  for (size_t i = 0; i < expected.size(); ++i) {
    const std::string wrong = compare(expected[i], got[i], op.exact_outputs());
    if (!wrong.empty()) outcome.failures.push_back(where(layout, wrong));
  }
}

// Threads of the runs; a virtual GPU is deterministic by construction and slow.
std::vector<int> thread_plan(Backend& backend) {
  if (backend.on_host()) return {1, 2, 3, 3};
  return backend.info().is_virtual ? std::vector<int>{1, 1} : std::vector<int>{1, 1, 1};
}

void run_layout(const OpBase& op, int v, Setup& setup, Layout layout, Backend& backend,
                const std::vector<Expected>& expected, Outcome& outcome) {
  std::vector<std::vector<uint8_t>> first;
  for (const int threads : thread_plan(backend)) {
    Run run(backend, {}, threads);
    StateStore states;
    Workspace none(nullptr, 0);
    Context asking{backend.info(), backend.stream(), none, states, threads, &run, Site{"test", -1}};
    GuardedWorkspace space(backend, op.workspace(v, setup.args.get(), asking));
    setup.image->reset();
    space.poison();
    Workspace workspace(space.data(), space.bytes());
    Context ctx{backend.info(), backend.stream(), workspace, states, threads, &run, Site{"test", -1}};
    op.run(v, setup.args.get(), ctx);
    auto now = setup.image->download();
    const std::string with = " with " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
    const std::string wrong = setup.trespass(now);
    if (!wrong.empty()) outcome.failures.push_back(where(layout, wrong + with));
    if (!space.guards_intact()) outcome.failures.push_back(where(layout, "wrote beside its workspace" + with));
    if (first.empty()) {
      first = now;
      compare_all(op, expected, setup.results(op, now), layout, outcome);
    } else if (op.variants()[size_t(v)].deterministic && !setup.same_outputs(first, now)) {
      outcome.failures.push_back(where(layout, "other bits than in the first run" + with));
    }
    if (!outcome.failures.empty()) return;
  }
}

// The rounded oracle at its worst: of every element the value farthest from the exact one, over the orders of
// summation.
std::vector<std::vector<double>> rounded_outputs(const OpBase& op, const AnyArgs& host, CaseMemory& memory,
                                                 const std::vector<std::vector<double>>& exact) {
  std::vector<std::vector<double>> worst;
  for (const int order : oracle::kOrders) {
    oracle::order = order;
    const auto now = oracle_outputs(op, host, memory, false);
    if (worst.empty()) worst = now;
    for (size_t i = 0; i < now.size(); ++i)
      for (size_t j = 0; j < now[i].size(); ++j)
        if (std::abs(now[i][j] - exact[i][j]) > std::abs(worst[i][j] - exact[i][j])) worst[i][j] = now[i][j];
  }
  oracle::order = oracle::kOrders[0];
  return worst;
}

}  // namespace

std::vector<Expected> expect(const OpBase& op, const AnyCase& test_case, uint64_t seed) {
  for (const Layout layout : {Layout::padded, Layout::dense}) {
    CaseMemory memory(layout, seed);
    const AnyArgs host = test_case.make(memory);
    try {
      op.check(host.get());
    } catch (const Error&) {
      if (layout == Layout::dense) throw;
      continue;
    }
    const auto exact = oracle_outputs(op, host, memory, true), rounded = rounded_outputs(op, host, memory, exact);
    std::vector<Expected> all;
    op.visit(host, [&](const char* name, TensorView& t, Role role) {
      if (role == Role::in) return;
      const size_t i = all.size();
      all.push_back({name, t.dtype, t.shape[t.rank - 1], exact[i], rounded[i]});
    });
    return all;
  }
  return {};
}

Outcome check_variant(const OpBase& op, int v, const AnyCase& test_case, uint64_t seed, Backend& backend,
                      const std::vector<Expected>& expected) {
  Outcome outcome;
  for (const Layout layout : {Layout::dense, Layout::padded, Layout::odd}) {
    Setup setup{CaseMemory(layout, seed), {}, {}, nullptr, {}};
    Reason reason;
    std::string refused;
    try {
      refused = setup.make(op, test_case, backend);
      if (!refused.empty() && layout == Layout::dense) outcome.failures.push_back(refused);
      if (refused.empty() && op.rejected(v, setup.args.get(), backend.info(), reason)) refused = reason.text;
      if (refused.empty()) run_layout(op, v, setup, layout, backend, expected, outcome), ++outcome.ran;
      else outcome.skipped.push_back(refused);
    } catch (const std::exception& e) {
      // A variant made of other ops runs where they do; that none takes a layout is their reason, not its fault.
      const bool inner = op.variants()[size_t(v)].device == Device::any && !std::strncmp(e.what(), "no variant of", 13);
      (inner ? outcome.skipped : outcome.failures).push_back(where(layout, std::string("threw: ") + e.what()));
    }
  }
  return outcome;
}

namespace {

// Ops that are running, outermost first.
class Nesting final : public Observer {
 public:
  void before(const Event& e) override {
    for (const OpBase* outer : running_)
      if (outer == &e.op) recursion = std::string(e.op.name()) + " runs within itself";
    running_.push_back(&e.op);
    ++events;
  }
  void after(const Event&) override { running_.pop_back(); }
  std::string recursion;
  int events = 0;

 private:
  std::vector<const OpBase*> running_;
};

}  // namespace

Outcome check_auto(const OpBase& op, const AnyCase& test_case, uint64_t seed, Backend& backend,
                   const std::vector<Expected>& expected) {
  Outcome outcome;
  Setup setup{CaseMemory(Layout::dense, seed), {}, {}, nullptr, {}};
  const std::string refused = setup.make(op, test_case, backend);
  if (!refused.empty()) return outcome.failures.push_back(refused), outcome;
  Run run(backend);
  Nesting nesting;
  run.add_observer(&nesting);
  setup.image->reset();
  const Site site{"test", -1};
  Reason reason;
  if (op.choose(setup.args.get(), backend.info(), reason) < 0) {
    outcome.skipped.push_back(reason.text);
    return outcome;
  }
  run.execute(op, setup.args.get(), site);
  auto now = setup.image->download();
  compare_all(op, expected, setup.results(op, now), Layout::dense, outcome);
  if (!nesting.recursion.empty()) outcome.failures.push_back(nesting.recursion);
  if (!nesting.events) outcome.failures.push_back("Run told its observers nothing");
  ++outcome.ran;
  return outcome;
}

}  // namespace glimpse::test
