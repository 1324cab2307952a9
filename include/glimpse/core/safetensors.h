// Safetensors files, mapped and never copied: reading with every header field checked, and writing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "glimpse/core/tensor.h"

namespace glimpse {

/// A read-only mapping of a whole file. Pages are read when they are touched.
class MappedFile {
 public:
  /// Errors: the file is missing, unreadable, or not a regular file.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// One tensor of a mapped file. `dtype` is the file's own name ("BF16"); every name of the format is known here.
struct StoredTensor {
  std::string dtype;
  std::vector<std::int64_t> shape;
  const std::byte* data = nullptr;
  std::size_t bytes = 0;

  /// The view on the mapping; a scalar becomes a vector of one. `name` opens the error sentence.
  /// Errors: a dtype that no op takes (F16, ...), more than five dimensions, data not aligned to its element.
  TensorView view(const std::string& name) const;
};

/// A safetensors file: 8 bytes little-endian header length, JSON header, data (spec 2.1).
class SafetensorsFile {
 public:
  /// Maps the file and checks length, JSON, names, dtypes, shapes and offsets; the tensors must cover the data exactly,
  /// one behind the other, as the format demands. Errors name file and tensor.
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const StoredTensor* find(const std::string& name) const;
  /// The view of a tensor. Errors: no such tensor (names the file).
  TensorView view(const std::string& name) const;

 private:
  MappedFile file_;
  std::string path_;
  std::map<std::string, StoredTensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// The tensors that `data`, the contents of a safetensors file, describes; they point into it.
std::map<std::string, StoredTensor> parse_safetensors(const std::byte* data, std::size_t size,
                                                      const std::string& source,
                                                      std::map<std::string, std::string>& metadata);

/// A tensor to be written.
struct TensorEntry {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
};

/// Bytes of a tensor's data. Errors: unknown dtype, negative or overflowing shape.
std::size_t stored_bytes(const TensorEntry& entry, const std::string& source);

/// Writes one file: the header at once, then the tensors' data in order, in pieces of any size.
class SafetensorsWriter {
 public:
  /// `entries` in the order of their data, which the reference sorts by name. The header carries {"format": "pt"} and
  /// is padded with spaces to a multiple of 8, as in the released checkpoint.
  SafetensorsWriter(const std::filesystem::path& path, const std::vector<TensorEntry>& entries);
  ~SafetensorsWriter();
  SafetensorsWriter(const SafetensorsWriter&) = delete;
  SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;

  void write(const void* data, std::size_t bytes);
  /// Errors: fewer or more bytes written than the header promises.
  void finish();
  /// Ends the file at its full size with a hole for the data: reads as zeros, takes no space on disk.
  void finish_sparse();
  std::size_t header_bytes() const { return header_bytes_; }

 private:
  std::string path_;
  int descriptor_ = -1;
  std::size_t header_bytes_ = 0;  ///< the JSON with its padding, without the 8 bytes of the length
  std::size_t total_ = 0, written_ = 0;
};

}  // namespace glimpse
