#include "glimpse/core/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "glimpse/core/error.h"
#include "model/json.h"

namespace glimpse {
namespace {

constexpr std::size_t kMaxHeader = 100'000'000;  // the limit of the format's own library
constexpr std::size_t kMaxRank = 32;
constexpr std::int64_t kMaxDimension = std::int64_t{1} << 48;

struct DTypeRow {
  const char* name;
  std::size_t bytes;
  bool has_view;
  DType view;
};
constexpr DTypeRow kDTypes[] = {
    {"BF16", 2, true, DType::bf16}, {"F32", 4, true, DType::f32},   {"F64", 8, true, DType::f64},
    {"I32", 4, true, DType::i32},   {"I64", 8, true, DType::i64},   {"U8", 1, true, DType::u8},
    {"BOOL", 1, true, DType::u8},   {"I8", 1, false, DType::u8},    {"I16", 2, false, DType::u8},
    {"U16", 2, false, DType::u8},   {"U32", 4, false, DType::u8},   {"U64", 8, false, DType::u8},
    {"F16", 2, false, DType::u8},   {"F8_E4M3", 1, false, DType::u8}, {"F8_E5M2", 1, false, DType::u8}};

const DTypeRow* find_dtype(const std::string& name) {
  for (const DTypeRow& row : kDTypes) {
    if (name == row.name) return &row;
  }
  return nullptr;
}

// Names come from the file and may be long or hold control characters.
std::string shown(const std::string& name) {
  std::string text = name.substr(0, 120);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = '?';
  }
  return text;
}

struct Span {
  std::size_t begin, end;
};

Span read_offsets(const JsonObject& json, std::size_t data_bytes) {
  const auto offsets = json.integers("data_offsets", 0, INT64_MAX, 2);
  GLIMPSE_CHECK(offsets.size() == 2 && offsets[0] <= offsets[1], "%s: must be two offsets, the smaller first",
                json.name_of("data_offsets").c_str());
  GLIMPSE_CHECK(static_cast<std::uint64_t>(offsets[1]) <= data_bytes,
                "%s: ends at byte %lld of %zu bytes of data; the file is truncated, download it again",
                json.name_of("data_offsets").c_str(), static_cast<long long>(offsets[1]), data_bytes);
  return {static_cast<std::size_t>(offsets[0]), static_cast<std::size_t>(offsets[1])};
}

StoredTensor read_tensor(const JsonObject& json, const std::byte* data, std::size_t data_bytes, Span& span) {
  StoredTensor tensor;
  tensor.dtype = json.string("dtype", "");
  GLIMPSE_CHECK(find_dtype(tensor.dtype), "%s: unknown element type \"%s\"", json.name_of("dtype").c_str(),
                shown(tensor.dtype).c_str());
  const Json* shape = json.find("shape");
  GLIMPSE_CHECK(shape && shape->is_array(), "%s: must be a list of sizes", json.name_of("shape").c_str());
  tensor.shape = json.integers("shape", 0, kMaxDimension, kMaxRank);
  tensor.bytes = stored_bytes({json.name_of("shape"), tensor.dtype, tensor.shape}, "");
  span = read_offsets(json, data_bytes);
  GLIMPSE_CHECK(span.end - span.begin == tensor.bytes,
                "%s: spans %zu bytes, but dtype and shape make %zu; the header is damaged, download the file again",
                json.name_of("data_offsets").c_str(), span.end - span.begin, tensor.bytes);
  tensor.data = data + span.begin;
  return tensor;
}

// The format allows neither holes nor overlaps: in the order of their offsets the tensors touch and fill the data.
void check_cover(std::vector<std::pair<Span, std::string>>& spans, std::size_t data_bytes, const std::string& source) {
  std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) {
    return a.first.begin != b.first.begin ? a.first.begin < b.first.begin : a.first.end < b.first.end;
  });
  std::size_t at = 0;
  for (const auto& [span, name] : spans) {
    GLIMPSE_CHECK(span.begin >= at, "%s: tensor %s overlaps the one before it (byte %zu < %zu)", source.c_str(),
                  shown(name).c_str(), span.begin, at);
    GLIMPSE_CHECK(span.begin == at, "%s: %zu bytes before tensor %s belong to no tensor", source.c_str(),
                  span.begin - at, shown(name).c_str());
    at = span.end;
  }
  GLIMPSE_CHECK(at == data_bytes,
                "%s: %zu bytes at the end belong to no tensor; the file is damaged, download it again", source.c_str(),
                data_bytes - at);
}

std::uint64_t little_endian(const std::byte* data) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | std::to_integer<std::uint64_t>(data[i]);
  return value;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  GLIMPSE_CHECK(descriptor >= 0, "%s: cannot be opened (%s); check the path", path.c_str(), std::strerror(errno));
  struct stat status;
  const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  void* address = MAP_FAILED;
  if (regular) size_ = static_cast<std::size_t>(status.st_size);
  if (size_ > 0) address = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int error = errno;
  close(descriptor);
  GLIMPSE_CHECK(regular, "%s: is not a regular file", path.c_str());
  if (size_ == 0) return;  // an empty file cannot be mapped, and need not be
  GLIMPSE_CHECK(address != MAP_FAILED, "%s: cannot be mapped (%s)", path.c_str(), std::strerror(error));
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::~MappedFile() {
  if (data_) munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

TensorView StoredTensor::view(const std::string& name) const {
  const DTypeRow* row = find_dtype(dtype);
  GLIMPSE_CHECK(row && row->has_view, "tensor %s: element type %s is not supported, use a BF16 or F32 checkpoint",
                shown(name).c_str(), dtype.c_str());
  GLIMPSE_CHECK(shape.size() <= std::size_t{TensorView::kMaxRank},
                "tensor %s: %zu dimensions, at most %d are supported", shown(name).c_str(), shape.size(),
                TensorView::kMaxRank);
  GLIMPSE_CHECK(reinterpret_cast<std::uintptr_t>(data) % row->bytes == 0,
                "tensor %s: its data is not aligned to %zu bytes; write the file again with a current safetensors",
                shown(name).c_str(), row->bytes);
  TensorView result = TensorView::dense(const_cast<std::byte*>(data), row->view, {1});
  if (shape.empty()) return result;
  result.rank = static_cast<int>(shape.size());
  std::int64_t step = 1;
  for (int d = result.rank - 1; d >= 0; --d) {
    result.shape[d] = shape[static_cast<std::size_t>(d)];
    result.stride[d] = step;
    step *= result.shape[d];
  }
  return result;
}

std::size_t stored_bytes(const TensorEntry& entry, const std::string& source) {
  const DTypeRow* row = find_dtype(entry.dtype);
  GLIMPSE_CHECK(row, "%s%s: unknown element type \"%s\"", source.c_str(), shown(entry.name).c_str(),
                shown(entry.dtype).c_str());
  std::size_t bytes = row->bytes;
  bool fits = true;
  for (const std::int64_t size : entry.shape) {
    fits = fits && size >= 0 && !__builtin_mul_overflow(bytes, static_cast<std::size_t>(size), &bytes);
  }
  GLIMPSE_CHECK(fits, "%s%s: the shape has more elements than can be addressed", source.c_str(),
                shown(entry.name).c_str());
  return bytes;
}

std::map<std::string, StoredTensor> parse_safetensors(const std::byte* data, std::size_t size,
                                                      const std::string& source,
                                                      std::map<std::string, std::string>& metadata) {
  GLIMPSE_CHECK(size >= 8, "%s: %zu bytes are no safetensors file; download it again", source.c_str(), size);
  const std::uint64_t header = little_endian(data);
  GLIMPSE_CHECK(header <= kMaxHeader && header <= size - 8,
                "%s: the header length is %llu, but the file has %zu bytes; it is truncated or of another format",
                source.c_str(), static_cast<unsigned long long>(header), size);
  const std::string_view text(reinterpret_cast<const char*>(data) + 8, static_cast<std::size_t>(header));
  const Json json = parse_unique_json(text, source, {.max_bytes = kMaxHeader, .max_depth = 4});
  GLIMPSE_CHECK(json.is_object(), "%s: the header must be a JSON object", source.c_str());
  const std::byte* begin = data + 8 + header;
  const std::size_t data_bytes = size - 8 - static_cast<std::size_t>(header);
  std::map<std::string, StoredTensor> tensors;
  std::vector<std::pair<Span, std::string>> spans;
  for (const auto& [name, value] : json.items()) {
    const std::string where = source + ": " + shown(name) + ".";
    const JsonObject object(value, where);
    if (name == "__metadata__") {
      for (const auto& [key, entry] : value.items()) metadata[key] = JsonObject(value, where).string(key.c_str(), "");
      continue;
    }
    Span span{};
    tensors.emplace(name, read_tensor(object, begin, data_bytes, span));
    spans.emplace_back(span, name);
  }
  check_cover(spans, data_bytes, source);
  return tensors;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : file_(path), path_(path.string()) {
  tensors_ = parse_safetensors(file_.data(), file_.size(), path_, metadata_);
}

const StoredTensor* SafetensorsFile::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

TensorView SafetensorsFile::view(const std::string& name) const {
  const StoredTensor* tensor = find(name);
  GLIMPSE_CHECK(tensor, "%s: no tensor %s in this file", path_.c_str(), shown(name).c_str());
  return tensor->view(path_ + ": " + name);
}

}  // namespace glimpse
