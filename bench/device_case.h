// Tensors of a bench case in a device's memory, dense, filled with values of the asked distribution's range.
#pragma once
#include <memory>
#include <vector>

#include "glimpse/core/backend.h"
#include "glimpse/core/op.h"

namespace glimpse::bench {

class DeviceCase final : public Maker {
 public:
  explicit DeviceCase(Backend& backend) : backend_(backend) {}
  TensorView tensor(DType dtype, std::vector<int64_t> shape, Fill fill = {}) override;
  TensorView integers(std::vector<int64_t> shape, const std::vector<int32_t>& values) override;
  TensorView output(DType dtype, std::vector<int64_t> shape) override;
  uint64_t random() override;
  size_t bytes() const;
  // Arguments made by a case point to host copies; these point to the device.
  AnyArgs on_device(const OpBase& op, const AnyArgs& args);
  // The host copies are only needed until then.
  void drop_host() { host_.clear(); }

 private:
  TensorView place(DType dtype, const std::vector<int64_t>& shape);
  Backend& backend_;
  uint64_t state_ = 1;
  std::vector<std::vector<uint8_t>> host_;
  std::vector<Buffer> device_;
};

// One set of arguments and its memory.
struct DeviceSet {
  std::unique_ptr<DeviceCase> memory;
  AnyArgs args;
};

// Sets of a case until together they are larger than `bytes`; one at least, `most` at most.
std::vector<DeviceSet> make_sets(Backend& backend, const OpBase& op, const AnyCase& c, size_t bytes, size_t most);

}  // namespace glimpse::bench
