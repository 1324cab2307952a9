#include "model/fetch.h"

#include <sys/stat.h>

#include <cctype>
#include <cstdio>
#include <memory>

#include "glimpse/core/error.h"
#include "model/fetch_http.h"

namespace glimpse {
namespace {

constexpr size_t kChunk = size_t{1} << 16;

bool starts_with_no_case(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) != prefix[i]) return false;
  }
  return true;
}

std::vector<uint8_t> read_stream(FILE* stream, const std::string& name, int64_t max_bytes) {
  std::vector<uint8_t> bytes;
  for (;;) {
    const size_t old = bytes.size();
    bytes.resize(old + kChunk);
    const size_t got = std::fread(bytes.data() + old, 1, kChunk, stream);
    bytes.resize(old + got);
    GLIMPSE_CHECK(static_cast<int64_t>(bytes.size()) <= max_bytes,
                  "%s: longer than the limit of %lld bytes; give a smaller file or raise the limit", name.c_str(),
                  static_cast<long long>(max_bytes));
    if (got < kChunk) break;
  }
  GLIMPSE_CHECK(!std::ferror(stream), "%s: reading failed; check the device and the permissions", name.c_str());
  return bytes;
}

std::vector<uint8_t> read_file(const std::string& path, int64_t max_bytes) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  GLIMPSE_CHECK(file, "%s: cannot be opened; check its permissions", path.c_str());
  return read_stream(file.get(), path, max_bytes);
}

std::vector<uint8_t> read_data_uri(const std::string& source, int64_t max_bytes) {
  const size_t comma = source.find(',');
  GLIMPSE_CHECK(comma != std::string::npos && source.substr(0, comma).find(";base64") != std::string::npos,
                "%s: a data: URI must be data:<type>;base64,<content>", source_name(source).c_str());
  std::vector<uint8_t> bytes;
  GLIMPSE_CHECK(decode_base64(std::string_view(source).substr(comma + 1), bytes),
                "%s: the content of the data: URI is not valid base64", source_name(source).c_str());
  GLIMPSE_CHECK(static_cast<int64_t>(bytes.size()) <= max_bytes, "%s: longer than the limit of %lld bytes",
                source_name(source).c_str(), static_cast<long long>(max_bytes));
  return bytes;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

bool is_http_url(std::string_view source) {
  return starts_with_no_case(source, "http://") || starts_with_no_case(source, "https://");
}

std::string source_name(const std::string& source) {
  constexpr size_t kShown = 120;
  if (source == "-") return "standard input";
  return source.size() <= kShown ? source : source.substr(0, kShown / 2) + "...";
}

bool decode_base64(std::string_view text, std::vector<uint8_t>& bytes) {
  bytes.clear();
  bytes.reserve(text.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  int held = 0;
  size_t digits = 0, padding = 0;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c))) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int digit = base64_digit(c);
    if (digit < 0 || padding > 0) return false;
    bits = (bits << 6 | static_cast<uint32_t>(digit)) & 0xffffff;
    held += 6;
    ++digits;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<uint8_t>(bits >> held));
    }
  }
  return digits > 0 && digits % 4 != 1 && (padding == 0 || (digits + padding) % 4 == 0);
}

std::vector<uint8_t> fetch(const std::string& source, const FetchOptions& options) {
  GLIMPSE_CHECK(!source.empty(), "the name of a picture or video is empty; give a path, a URL or \"-\"");
  if (source == "-") return read_stream(stdin, "standard input", options.max_bytes);
  if (is_http_url(source)) return fetch_http(source, options);
  if (starts_with_no_case(source, "data:")) return read_data_uri(source, options.max_bytes);
  struct stat info {};
  if (stat(source.c_str(), &info) == 0) {
    GLIMPSE_CHECK(!S_ISDIR(info.st_mode), "%s: is a directory; name a file in it", source_name(source).c_str());
    return read_file(source, options.max_bytes);
  }
  GLIMPSE_CHECK(source.find("://") == std::string::npos,
                "%s: only http:// and https:// URLs are fetched; download the file and give its path",
                source_name(source).c_str());
  // Short words are valid base64 by accident; no picture is so small, so they are reported as missing files.
  constexpr size_t kShortestBase64 = 32;
  std::vector<uint8_t> bytes;
  GLIMPSE_CHECK(source.size() >= kShortestBase64 && decode_base64(source, bytes),
                "%s: no such file, and neither a URL nor base64 text; check the path", source_name(source).c_str());
  return bytes;
}

}  // namespace glimpse
