// Where the stored pictures and videos lie, and how their tensors are compared.
#pragma once
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "glimpse/core/error.h"
#include "glimpse/core/safetensors.h"

namespace glimpse {

inline std::filesystem::path golden_path(const std::string& name) {
  return std::filesystem::path(GLIMPSE_TEST_DATA) / "golden" / name;
}

inline std::vector<uint8_t> file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Number of elements at which `values` differs from the stored tensor's first `values.size()`, or -1 if sizes do not
// fit.
template <typename T>
int64_t differences(const SafetensorsFile& file, const std::string& name, const T* values, size_t count,
                    bool whole = true) {
  const StoredTensor* tensor = file.find(name);
  if (!tensor || (whole ? tensor->bytes != count * sizeof(T) : tensor->bytes > count * sizeof(T))) return -1;
  int64_t different = 0;
  for (size_t i = 0; i < tensor->bytes / sizeof(T); ++i) {
    different += std::memcmp(tensor->data + i * sizeof(T), values + i, sizeof(T)) != 0;
  }
  return different;
}

// The sentence an action throws, or "" if it does not.
template <typename Action>
std::string sentence_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace glimpse
