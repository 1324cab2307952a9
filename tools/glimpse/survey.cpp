// What every variant of an op says to the op's bench shapes on one device: runs, or why not; and what auto picks.
#include "survey.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace glimpse::cli {

namespace {

// Tensors of the right shapes whose pages are never touched: a 9B shape costs nothing.
class ShapeMaker final : public Maker {
 public:
  ShapeMaker() = default;
  ShapeMaker(const ShapeMaker&) = delete;
  ~ShapeMaker() override {
    for (const auto& [data, bytes] : maps_) munmap(data, bytes);
  }
  TensorView tensor(DType dtype, std::vector<int64_t> shape, Fill) override { return place(dtype, shape); }
  TensorView integers(std::vector<int64_t> shape, const std::vector<int32_t>& values) override {
    const TensorView t = place(DType::i32, shape);
    if (!values.empty()) std::memcpy(t.data, values.data(), values.size() * sizeof(int32_t));
    return t;
  }
  TensorView output(DType dtype, std::vector<int64_t> shape) override { return place(dtype, shape); }
  uint64_t random() override { return state_ += 0x9e3779b97f4a7c15u; }

 private:
  TensorView place(DType dtype, const std::vector<int64_t>& shape) {
    TensorView t;
    t.dtype = dtype, t.rank = int(shape.size());
    std::copy(shape.begin(), shape.end(), t.shape);
    for (int64_t d = t.rank - 1, step = 1; d >= 0; --d) t.stride[d] = step, step *= t.shape[d];
    const size_t bytes = std::max<size_t>(size_t(t.bytes()), 1);
    void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    GLIMPSE_CHECK(data != MAP_FAILED, "no address space for %zu bytes of a bench shape", bytes);
    maps_.emplace_back(data, bytes);
    t.data = data;
    return t;
  }
  std::vector<std::pair<void*, size_t>> maps_;
  uint64_t state_ = 1;
};

ShapeSurvey ask(const OpBase& op, const AnyCase& c, const DeviceInfo& device) {
  ShapeMaker memory;
  const AnyArgs args = c.make(memory);
  ShapeSurvey s{c.label, op.cost(args.get()), -1, {}, {}};
  Reason none;
  s.picked = op.choose(args.get(), device, none);
  if (s.picked < 0) s.none = none.text;
  for (int v = 0; v < int(op.variants().size()); ++v) {
    Reason why;
    s.rejected.push_back(op.rejected(v, args.get(), device, why) ? why.text : "");
  }
  return s;
}

}  // namespace

OpSurvey survey(const OpBase& op, const DeviceInfo& device) {
  OpSurvey result{&op, {}, {}};
  for (int v = 0; v < int(op.variants().size()); ++v) {
    Reason why;
    result.absent.push_back(op.rejected(v, nullptr, device, why) ? why.text : "");
  }
  for (const AnyCase& c : op.cases(0))
    if (c.bench) result.shapes.push_back(ask(op, c, device));
  std::stable_sort(result.shapes.begin(), result.shapes.end(), [](const ShapeSurvey& a, const ShapeSurvey& b) {
    return a.cost.flops + a.cost.bytes < b.cost.flops + b.cost.bytes;
  });
  return result;
}

}  // namespace glimpse::cli
