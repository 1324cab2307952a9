#include "model/arena.h"

namespace glimpse {

void Arena::reserve(const std::vector<std::pair<std::string, int64_t>>& buffers) {
  size_t total = 0;
  for (const auto& [name, bytes] : buffers) total += Workspace::rounded(size_t(bytes));
  entries_.clear();
  block_.reset();
  block_ = Buffer(*backend_, total);
  char* at = static_cast<char*>(block_.data());
  for (const auto& [name, bytes] : buffers) {
    entries_[name] = {at, bytes, {}};
    at += Workspace::rounded(size_t(bytes));
  }
}

TensorView Arena::get(const std::string& name, DType dtype, std::initializer_list<int64_t> shape) {
  TensorView t = TensorView::dense(nullptr, dtype, shape);
  Entry& e = entries_[name];
  if (t.bytes() > e.bytes || (backend_ && !e.data)) {
    e.bytes = std::max<int64_t>(t.bytes(), 1);
    if (backend_) {
      e.own.reset();
      e.own = Buffer(*backend_, size_t(e.bytes));
      e.data = e.own.data();
    }
  }
  t.data = e.data;
  return t;
}

TensorView Arena::copy_in(const std::string& name, DType dtype, const void* host,
                          std::initializer_list<int64_t> shape) {
  const TensorView t = get(name, dtype, shape);
  if (backend_ && t.bytes()) backend_->upload(t.data, host, size_t(t.bytes()));
  return t;
}

TensorView Arena::put(const std::string& name, const std::vector<int32_t>& values,
                      std::initializer_list<int64_t> shape) {
  return copy_in(name, DType::i32, values.data(), shape);
}

TensorView Arena::put(const std::string& name, const std::vector<float>& values,
                      std::initializer_list<int64_t> shape) {
  return copy_in(name, DType::f32, values.data(), shape);
}

TensorView Arena::put(const std::string& name, const TensorView& host) {
  if (backend_ && backend_->on_host()) return host;
  TensorView t = get(name, host.dtype, {host.numel()});
  if (backend_ && t.bytes()) backend_->upload(t.data, host.data, size_t(t.bytes()));
  TensorView shaped = host;
  shaped.data = t.data;
  return shaped;
}

int64_t Arena::bytes() const {
  int64_t sum = 0;
  for (const auto& [name, e] : entries_) sum += e.bytes;
  return sum;
}

std::vector<std::pair<std::string, int64_t>> Arena::buffers() const {
  std::vector<std::pair<std::string, int64_t>> list;
  for (const auto& [name, e] : entries_) list.emplace_back(name, e.bytes);
  return list;
}

}  // namespace glimpse
