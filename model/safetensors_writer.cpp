#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "glimpse/core/error.h"
#include "glimpse/core/safetensors.h"
#include "model/json.h"

namespace glimpse {
namespace {

void write_all(int descriptor, const void* data, std::size_t bytes, const std::string& path) {
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t done = ::write(descriptor, at, bytes);
    if (done < 0 && errno == EINTR) continue;
    GLIMPSE_CHECK(done > 0, "%s: cannot be written (%s)", path.c_str(), std::strerror(errno));
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path, const std::vector<TensorEntry>& entries)
    : path_(path.string()) {
  OrderedJson header;
  header["__metadata__"] = {{"format", "pt"}};
  for (const TensorEntry& entry : entries) {
    const std::size_t begin = total_;
    total_ += stored_bytes(entry, path_ + ": ");
    OrderedJson item;
    item["dtype"] = entry.dtype;
    item["shape"] = entry.shape;
    item["data_offsets"] = {begin, total_};
    header[entry.name] = std::move(item);
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  header_bytes_ = text.size();
  char length[8];
  for (int i = 0; i < 8; ++i) length[i] = static_cast<char>(header_bytes_ >> (8 * i));
  descriptor_ = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  GLIMPSE_CHECK(descriptor_ >= 0, "%s: cannot be created (%s)", path_.c_str(), std::strerror(errno));
  write_all(descriptor_, length, sizeof length, path_);
  write_all(descriptor_, text.data(), text.size(), path_);
}

SafetensorsWriter::~SafetensorsWriter() {
  if (descriptor_ >= 0) close(descriptor_);
}

void SafetensorsWriter::write(const void* data, std::size_t bytes) {
  GLIMPSE_CHECK(bytes <= total_ - written_, "%s: more data than the header promises", path_.c_str());
  write_all(descriptor_, data, bytes, path_);
  written_ += bytes;
}

void SafetensorsWriter::finish() {
  GLIMPSE_CHECK(written_ == total_, "%s: %zu bytes of data written, the header promises %zu", path_.c_str(), written_,
                total_);
  const int descriptor = std::exchange(descriptor_, -1);
  GLIMPSE_CHECK(close(descriptor) == 0, "%s: cannot be written (%s)", path_.c_str(), std::strerror(errno));
}

void SafetensorsWriter::finish_sparse() {
  const std::size_t size = 8 + header_bytes_ + total_;
  GLIMPSE_CHECK(ftruncate(descriptor_, static_cast<off_t>(size)) == 0, "%s: cannot be extended to %zu bytes (%s)",
                path_.c_str(), size, std::strerror(errno));
  written_ = total_;
  finish();
}

}  // namespace glimpse
