// Named activation buffers of a forward pass. A dry arena only counts, so memory is planned by the code that uses it.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "glimpse/core/backend.h"
#include "glimpse/core/tensor.h"

namespace glimpse {

class Arena {
 public:
  // Dry when `backend` is null: views without data, sizes recorded.
  explicit Arena(Backend* backend) : backend_(backend) {}

  // One allocation that holds buffers of these names and sizes, as a dry arena or an earlier run counted them.
  void reserve(const std::vector<std::pair<std::string, int64_t>>& buffers);
  // The buffer of that name, grown where it is too small (its content is lost then).
  TensorView get(const std::string& name, DType dtype, std::initializer_list<int64_t> shape);
  // Host integers brought to the device.
  TensorView put(const std::string& name, const std::vector<int32_t>& values, std::initializer_list<int64_t> shape);
  // Host floats brought to the device.
  TensorView put(const std::string& name, const std::vector<float>& values, std::initializer_list<int64_t> shape);
  // Any host tensor brought to the device; on the CPU the view itself.
  TensorView put(const std::string& name, const TensorView& dense_host);

  int64_t bytes() const;
  // Name and bytes of each buffer, by name.
  std::vector<std::pair<std::string, int64_t>> buffers() const;

 private:
  struct Entry {
    void* data = nullptr;  // in block_, or own
    int64_t bytes = 0;
    Buffer own;
  };
  TensorView copy_in(const std::string& name, DType dtype, const void* host, std::initializer_list<int64_t> shape);
  Backend* backend_;
  Buffer block_;
  std::map<std::string, Entry> entries_;
};

}  // namespace glimpse
