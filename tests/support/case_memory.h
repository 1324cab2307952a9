// The memory of one case: tensors with known surroundings, copied to a device and compared afterwards.
#pragma once
#include <string>
#include <vector>

#include "glimpse/core/backend.h"
#include "glimpse/core/op.h"

namespace glimpse::test {

// How tensors of rank 2 and more lie: rows back to back; rows 16 elements apart (keeps 16-byte alignment); rows 3
// elements apart and the first one element behind an aligned address (a slice of something else).
enum class Layout { dense, padded, odd };
const char* name_of(Layout layout);

// Every byte that no tensor owns (guard zones, gaps between rows) and every output is 0xff: a NaN in bf16, f32 and f64.
constexpr uint8_t kPoison = 0xff;
constexpr size_t kGuard = 256;

// One tensor made for the case with a guard zone on each side; the views in the arguments are parts of it.
struct Allocation {
  DType dtype;
  std::vector<uint8_t> bytes;  // guard, elements, guard
  uint8_t* data() { return bytes.data() + kGuard; }
  const uint8_t* data() const { return bytes.data() + kGuard; }
  size_t size() const { return bytes.size() - 2 * kGuard; }
  bool owns(const void* p) const { return p >= data() && p <= data() + size(); }
};

// Values depend on the seed alone, not on the layout.
class CaseMemory final : public Maker {
 public:
  CaseMemory(Layout layout, uint64_t seed) : layout_(layout), state_(seed) {}
  TensorView tensor(DType dtype, std::vector<int64_t> shape, Fill fill = {}) override;
  TensorView integers(std::vector<int64_t> shape, const std::vector<int32_t>& values) override;
  TensorView output(DType dtype, std::vector<int64_t> shape) override;
  uint64_t random() override;

  const std::vector<Allocation>& allocations() const { return allocations_; }
  // Index of the allocation a view lies in; throws where the case made its memory by other means.
  size_t find(const TensorView& view) const;

 private:
  TensorView place(DType dtype, const std::vector<int64_t>& shape, Layout layout);
  double draw(const Fill& fill);
  Layout layout_;
  uint64_t state_;
  std::vector<Allocation> allocations_;
};

// A copy of the case's memory on a device, with arguments that point into it.
class DeviceImage {
 public:
  DeviceImage(Backend& backend, const CaseMemory& memory);
  ~DeviceImage();
  DeviceImage(const DeviceImage&) = delete;
  DeviceImage& operator=(const DeviceImage&) = delete;
  AnyArgs args(const OpBase& op, const AnyArgs& host) const;
  // Puts the case's own content back; under AddressSanitizer a touch of a guard zone is then reported where it happens.
  void reset();
  // The present content, allocation by allocation.
  std::vector<std::vector<uint8_t>> download();

 private:
  void guard(bool closed);
  Backend& backend_;
  const CaseMemory& memory_;
  std::vector<Buffer> buffers_;
};

// 1 for every byte that an out or inout view of the arguments may write, per allocation.
std::vector<std::vector<uint8_t>> writable_bytes(const OpBase& op, const AnyArgs& args, const CaseMemory& memory);

// Calls f(offset in elements) for each element, in row-major order.
template <class F> void for_each_offset(const TensorView& t, F&& f) {
  const int64_t n = t.numel();
  for (int64_t i = 0; i < n; ++i) {
    int64_t rest = i, at = 0;
    for (int d = t.rank - 1; d >= 0; --d) at += rest % t.shape[d] * t.stride[d], rest /= t.shape[d];
    f(at);
  }
}

}  // namespace glimpse::test
