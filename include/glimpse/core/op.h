// The op side of the registry: what ref.cpp defines for an op, and the type-erased face that tests, benches, plans and
// the bench programs enumerate. Host only; kernels see variant.h.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "glimpse/core/run.h"
#include "glimpse/core/variant.h"

namespace glimpse {

// How a case's tensor is filled. Every value is exact in the tensor's dtype.
struct Fill {
  enum class Kind { normal, uniform, constant, integers } kind = Kind::normal;
  double a = 1, b = 0;  // normal: scale a around b; uniform and integers: [a, b); constant: a
};

// Hands out the tensors of a case; the harness decides where they lie, how rows are padded and what surrounds them.
class Maker {
 public:
  virtual ~Maker() = default;
  virtual TensorView tensor(DType dtype, std::vector<int64_t> shape, Fill fill = {}) = 0;
  // Integers given one by one (offsets, lengths, positions, ids); never padded.
  virtual TensorView integers(std::vector<int64_t> shape, const std::vector<int32_t>& values) = 0;
  // Output: poisoned before the run.
  virtual TensorView output(DType dtype, std::vector<int64_t> shape) = 0;
  Weight weight(DType dtype, int64_t n, int64_t k, double scale) {
    return Weight::dense(tensor(dtype, {n, k}, {Fill::Kind::normal, scale, 0}));
  }
  virtual uint64_t random() = 0;  // the case's own stream
};

template <class Args> struct Case {
  std::string label;  // "M=7,N=40,K=64,bf16": reproduces the case
  std::function<Args(Maker&)> make;
  bool bench = false;  // also a bench shape; too large for the oracle when `test` is false
  bool test = true;
};

// What kernels/<op>/ref.cpp says of its op.
template <class Args> struct OpDefinition {
  void (*check)(const Args&);  // contract: shapes, dtypes, aliasing; throws Error
  Cost (*cost)(const Args&);
  // The oracle. exact: in double, outputs are f64 views; otherwise it rounds where the model rounds.
  void (*reference)(const Args&, bool exact);
  // Seed 0: the fixed list; any other: a few random cases of that seed.
  std::vector<Case<Args>> (*cases)(uint64_t seed);
  // Outputs compared bit for bit (token ids): no tolerance applies.
  bool exact_outputs = false;
};

struct VariantInfo {
  std::string name, file;
  Device device;
  Arch arch;
  uint32_t isa;
  int priority;
  bool deterministic;
};

using TensorVisitor = std::function<void(const char* name, TensorView& tensor, Role role)>;

// Arguments of some op, owned.
struct AnyArgs {
  std::shared_ptr<void> data;
  const void* get() const { return data.get(); }
};

struct AnyCase {
  std::string label;
  bool bench, test;
  std::function<AnyArgs(Maker&)> make;
};

class OpBase {
 public:
  virtual ~OpBase() = default;
  virtual const char* name() const = 0;
  virtual bool exact_outputs() const = 0;
  const std::vector<VariantInfo>& variants() const { return infos_; }
  int find(std::string_view variant) const;  // -1: none

  // Whether variant v cannot run these arguments on this device; the reason is filled.
  bool rejected(int v, const void* args, const DeviceInfo& device, Reason& reason) const;
  // The highest priority that does not reject and is deterministic; -1 and a reason where there is none.
  int choose(const void* args, const DeviceInfo& device, Reason& reason) const;

  virtual void check(const void* args) const = 0;
  virtual Cost cost(const void* args) const = 0;
  virtual void reference(const void* args, bool exact) const = 0;
  virtual void run(int v, const void* args, Context& ctx) const = 0;
  virtual size_t workspace(int v, const void* args, Context& ctx) const = 0;
  virtual std::vector<AnyCase> cases(uint64_t seed) const = 0;
  virtual AnyArgs clone(const void* args) const = 0;
  virtual void visit(void* args, const TensorVisitor& visitor) const = 0;
  void visit(const AnyArgs& args, const TensorVisitor& visitor) const { visit(args.data.get(), visitor); }

 protected:
  virtual bool variant_rejects(int v, const void* args, const DeviceInfo& device, Reason& reason) const = 0;
  std::vector<VariantInfo> infos_;
};

// All ops, by name.
const std::vector<OpBase*>& ops();
OpBase& find_op(std::string_view name);  // throws Error listing the names
void register_op(OpBase* op);

// Calls visitor for every tensor, those inside weights included.
template <class Args> void visit_tensors(Args& args, const TensorVisitor& visitor) {
  struct Adapter {
    const TensorVisitor& visitor;
    void operator()(const char* name, TensorView& t, Role role) const {
      if (t) visitor(name, t, role);
    }
    void operator()(const char* name, Weight& w, Role role) const {
      const std::string base = name;
      if (w.data) visitor(name, w.data, role);
      if (w.scales) visitor((base + ".scales").c_str(), w.scales, role);
      if (w.zeros) visitor((base + ".zeros").c_str(), w.zeros, role);
    }
  };
  args.visit(Adapter{visitor});
}

template <class Args> class Op final : public OpBase {
 public:
  explicit Op(OpDefinition<Args> definition) : def_(definition) { register_op(this); }

  bool add(const Variant<Args>& v) {
    GLIMPSE_CHECK(find(v.name) < 0, "%s has two variants named %s: %s and %s", Args::kName, v.name,
                  infos_[size_t(find(v.name))].file.c_str(), v.file);
    variants_.push_back(v);
    infos_.push_back({v.name, v.file, v.device, v.arch, v.isa, v.priority, v.deterministic});
    return true;
  }

  const char* name() const override { return Args::kName; }
  bool exact_outputs() const override { return def_.exact_outputs; }
  void check(const void* a) const override { def_.check(args(a)); }
  Cost cost(const void* a) const override { return def_.cost(args(a)); }
  void reference(const void* a, bool exact) const override { def_.reference(args(a), exact); }
  void run(int v, const void* a, Context& ctx) const override { variants_[size_t(v)].run(args(a), ctx); }
  size_t workspace(int v, const void* a, Context& ctx) const override {
    const auto f = variants_[size_t(v)].workspace;
    return f ? Workspace::rounded(f(args(a), ctx)) : 0;
  }
  std::vector<AnyCase> cases(uint64_t seed) const override {
    std::vector<AnyCase> all;
    for (auto& c : def_.cases(seed)) {
      auto make = [f = c.make](Maker& m) { return AnyArgs{std::make_shared<Args>(f(m))}; };
      all.push_back({c.label, c.bench, c.test, make});
    }
    return all;
  }
  AnyArgs clone(const void* a) const override { return {std::make_shared<Args>(args(a))}; }
  using OpBase::visit;
  void visit(void* a, const TensorVisitor& visitor) const override {
    visit_tensors(*static_cast<Args*>(a), visitor);
  }

 protected:
  bool variant_rejects(int v, const void* a, const DeviceInfo& device, Reason& reason) const override {
    const auto f = variants_[size_t(v)].reject;
    return f && f(args(a), device, reason);
  }

 private:
  static const Args& args(const void* a) { return *static_cast<const Args*>(a); }
  OpDefinition<Args> def_;
  std::vector<Variant<Args>> variants_;
};

}  // namespace glimpse

// In ref.cpp: defines the op, and with it add<Args>, workspace_of<Args>, run_inner<Args> and Run::operator()<Args>.
#define GLIMPSE_OP(Args, ...)                                                                             \
  namespace glimpse {                                                                                     \
  static Op<Args>& the_op() {                                                                             \
    static Op<Args> op(OpDefinition<Args>{__VA_ARGS__});                                                  \
    return op;                                                                                            \
  }                                                                                                       \
  template <> bool add<Args>(const Variant<Args>& v) { return the_op().add(v); }                          \
  template <> const OpBase& op_of<Args>() { return the_op(); }                                            \
  template <> size_t workspace_of<Args>(const Args& a, Context& ctx, const char* inner) {                 \
    return ctx.run->workspace(the_op(), &a, ctx, inner);                                                  \
  }                                                                                                       \
  template <> void run_inner<Args>(const Args& a, Context& ctx, const char* inner) {                      \
    ctx.run->execute_inner(the_op(), &a, ctx, inner);                                                     \
  }                                                                                                       \
  [[maybe_unused]] static const bool registered_ = (the_op(), true);                                      \
  }
