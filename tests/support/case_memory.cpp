#include "support/case_memory.h"

#include <cmath>
#include <cstring>

#include "glimpse/core/oracle.h"

#if defined(__SANITIZE_ADDRESS__)
#define GLIMPSE_TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GLIMPSE_TEST_ASAN 1
#endif
#endif
#ifdef GLIMPSE_TEST_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace glimpse::test {

const char* name_of(Layout layout) {
  return layout == Layout::dense ? "dense" : layout == Layout::padded ? "padded rows" : "unaligned rows";
}

TensorView CaseMemory::place(DType dtype, const std::vector<int64_t>& shape, Layout layout) {
  TensorView t;
  GLIMPSE_CHECK(shape.size() <= size_t(TensorView::kMaxRank), "a case asks for a tensor of rank %zu", shape.size());
  t.dtype = dtype, t.rank = int(shape.size());
  const bool gaps = t.rank >= 2 && layout != Layout::dense;
  int64_t step = 1;
  for (int d = t.rank - 1; d >= 0; --d) {
    t.shape[d] = shape[size_t(d)], t.stride[d] = step, step *= t.shape[d];
    if (gaps && d == t.rank - 1) step += layout == Layout::padded ? 16 : 3;
  }
  const int64_t first = gaps && layout == Layout::odd ? 1 : 0;
  const size_t size = size_t((t.span() + first) * glimpse::size_of(dtype));
  allocations_.push_back({dtype, std::vector<uint8_t>(size + 2 * kGuard, kPoison)});
  t.data = allocations_.back().data() + first * glimpse::size_of(dtype);
  return t;
}

// SplitMix64.
uint64_t CaseMemory::random() {
  uint64_t z = state_ += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double CaseMemory::draw(const Fill& fill) {
  const auto unit = [this] { return (double(random() >> 11) + 0.5) * 0x1p-53; };
  switch (fill.kind) {
    case Fill::Kind::normal: {
      const double radius = std::sqrt(-2 * std::log(unit()));
      return fill.b + fill.a * radius * std::cos(2 * M_PI * unit());
    }
    case Fill::Kind::uniform: return fill.a + (fill.b - fill.a) * unit();
    case Fill::Kind::constant: return fill.a;
    case Fill::Kind::integers: return std::floor(fill.a + (fill.b - fill.a) * unit());
  }
  return 0;
}

TensorView CaseMemory::tensor(DType dtype, std::vector<int64_t> shape, Fill fill) {
  const TensorView t = place(dtype, shape, layout_);
  for_each_offset(t, [&](int64_t at) { oracle::set_at(t, at, draw(fill)); });
  return t;
}

TensorView CaseMemory::integers(std::vector<int64_t> shape, const std::vector<int32_t>& values) {
  const TensorView t = place(DType::i32, shape, Layout::dense);
  GLIMPSE_CHECK(int64_t(values.size()) == t.numel(), "a case gives %zu integers for a tensor of %lld", values.size(),
                (long long)t.numel());
  if (!values.empty()) std::memcpy(t.data, values.data(), values.size() * sizeof(int32_t));
  return t;
}

TensorView CaseMemory::output(DType dtype, std::vector<int64_t> shape) { return place(dtype, shape, layout_); }

size_t CaseMemory::find(const TensorView& view) const {
  for (size_t i = 0; i < allocations_.size(); ++i)
    if (allocations_[i].owns(view.data)) return i;
  GLIMPSE_FAIL("a tensor of the case was not made by its Maker");
}

DeviceImage::DeviceImage(Backend& backend, const CaseMemory& memory) : backend_(backend), memory_(memory) {
  for (const Allocation& a : memory.allocations()) buffers_.emplace_back(backend, a.bytes.size());
}

DeviceImage::~DeviceImage() { guard(false); }

AnyArgs DeviceImage::args(const OpBase& op, const AnyArgs& host) const {
  AnyArgs moved = op.clone(host.get());
  op.visit(moved, [&](const char*, TensorView& t, Role) {
    const size_t i = memory_.find(t);
    const ptrdiff_t offset = static_cast<const uint8_t*>(t.data) - memory_.allocations()[i].bytes.data();
    t.data = static_cast<uint8_t*>(buffers_[i].data()) + offset;
  });
  return moved;
}

void DeviceImage::guard([[maybe_unused]] bool closed) {
#ifdef GLIMPSE_TEST_ASAN
  if (!backend_.on_host()) return;
  for (const Buffer& b : buffers_) {
    auto* first = static_cast<uint8_t*>(b.data());
    auto* last = first + b.bytes() - kGuard;
    if (closed) __asan_poison_memory_region(first, kGuard), __asan_poison_memory_region(last, kGuard);
    else __asan_unpoison_memory_region(first, b.bytes());
  }
#endif
}

void DeviceImage::reset() {
  guard(false);
  for (size_t i = 0; i < buffers_.size(); ++i) {
    const auto& bytes = memory_.allocations()[i].bytes;
    backend_.upload(buffers_[i].data(), bytes.data(), bytes.size());
  }
  guard(true);
}

std::vector<std::vector<uint8_t>> DeviceImage::download() {
  backend_.synchronize();
  guard(false);
  std::vector<std::vector<uint8_t>> all;
  for (const Buffer& b : buffers_) {
    all.emplace_back(b.bytes());
    backend_.download(all.back().data(), b.data(), b.bytes());
  }
  return all;
}

std::vector<std::vector<uint8_t>> writable_bytes(const OpBase& op, const AnyArgs& args, const CaseMemory& memory) {
  std::vector<std::vector<uint8_t>> mask;
  for (const Allocation& a : memory.allocations()) mask.emplace_back(a.bytes.size(), uint8_t(0));
  op.visit(args, [&](const char*, TensorView& t, Role role) {
    if (role == Role::in) return;
    const size_t i = memory.find(t), size = size_t(glimpse::size_of(t.dtype));
    const auto first = size_t(static_cast<const uint8_t*>(t.data) - memory.allocations()[i].bytes.data());
    for_each_offset(t, [&](int64_t at) { std::memset(&mask[i][first + size_t(at) * size], 1, size); });
  });
  return mask;
}

}  // namespace glimpse::test
