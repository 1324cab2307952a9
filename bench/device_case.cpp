#include "device_case.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "glimpse/core/oracle.h"

namespace glimpse::bench {

TensorView DeviceCase::place(DType dtype, const std::vector<int64_t>& shape) {
  TensorView t;
  t.dtype = dtype, t.rank = int(shape.size());
  std::copy(shape.begin(), shape.end(), t.shape);
  for (int64_t d = t.rank - 1, step = 1; d >= 0; --d) t.stride[d] = step, step *= t.shape[d];
  host_.emplace_back(std::max<size_t>(size_t(t.bytes()), 1));
  t.data = host_.back().data();
  return t;
}

// xorshift64*: quick, and random enough to be incompressible.
uint64_t DeviceCase::random() {
  state_ ^= state_ >> 12, state_ ^= state_ << 25, state_ ^= state_ >> 27;
  return state_ * 0x2545f4914f6cdd1du;
}

TensorView DeviceCase::tensor(DType dtype, std::vector<int64_t> shape, Fill fill) {
  const TensorView t = place(dtype, shape);
  const int64_t n = t.numel();
  for (int64_t i = 0; i < n; ++i) {
    const double unit = double(random() >> 11) * 0x1p-53;
    double value = fill.a;
    // A uniform variable of the same mean and variance as the normal one: ten times quicker, and timing cannot tell.
    if (fill.kind == Fill::Kind::normal) value = fill.b + fill.a * std::sqrt(12.0) * (unit - 0.5);
    if (fill.kind == Fill::Kind::uniform) value = fill.a + (fill.b - fill.a) * unit;
    if (fill.kind == Fill::Kind::integers) value = std::floor(fill.a + (fill.b - fill.a) * unit);
    oracle::set_at(t, i, value);
  }
  return t;
}

TensorView DeviceCase::integers(std::vector<int64_t> shape, const std::vector<int32_t>& values) {
  const TensorView t = place(DType::i32, shape);
  GLIMPSE_CHECK(int64_t(values.size()) == t.numel(), "a case gives %zu integers for a tensor of %lld", values.size(),
                (long long)t.numel());
  if (!values.empty()) std::memcpy(t.data, values.data(), values.size() * sizeof(int32_t));
  return t;
}

TensorView DeviceCase::output(DType dtype, std::vector<int64_t> shape) { return place(dtype, shape); }

size_t DeviceCase::bytes() const {
  size_t sum = 0;
  for (const Buffer& b : device_) sum += b.bytes();
  return sum;
}

AnyArgs DeviceCase::on_device(const OpBase& op, const AnyArgs& args) {
  device_.clear();
  for (const auto& bytes : host_) {
    device_.emplace_back(backend_, bytes.size());
    backend_.upload(device_.back().data(), bytes.data(), bytes.size());
  }
  AnyArgs moved = op.clone(args.get());
  op.visit(moved, [&](const char* name, TensorView& t, Role) {
    const auto* p = static_cast<const uint8_t*>(t.data);
    for (size_t i = 0; i < host_.size(); ++i)
      if (p >= host_[i].data() && p < host_[i].data() + host_[i].size()) {
        t.data = static_cast<uint8_t*>(device_[i].data()) + (p - host_[i].data());
        return;
      }
    GLIMPSE_FAIL("tensor %s of a bench case was not made by its Maker", name);
  });
  return moved;
}

std::vector<DeviceSet> make_sets(Backend& backend, const OpBase& op, const AnyCase& c, size_t bytes, size_t most) {
  std::vector<DeviceSet> sets;
  size_t total = 0;
  do {
    auto memory = std::make_unique<DeviceCase>(backend);
    const AnyArgs host = c.make(*memory);
    op.check(host.get());
    AnyArgs args = memory->on_device(op, host);
    memory->drop_host();
    total += memory->bytes();
    sets.push_back({std::move(memory), args});
  } while (total <= bytes && sets.size() < most);
  return sets;
}

}  // namespace glimpse::bench
