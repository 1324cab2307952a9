// Bytes of a picture or video from wherever the user has them: a file, a URL, a data: URI, base64 text, standard input.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace glimpse {

struct FetchOptions {
  int64_t max_bytes = int64_t{256} << 20;
  double connect_seconds = 10;
  double total_seconds = 120;
  int max_redirects = 5;
};

// `source` is, tried in this order (spec 13.2): "-" (standard input), an http(s) URL, a data: URI with base64 content,
// an existing file, base64 text. Throws Error with one sentence: unknown scheme, unreachable or too slow server, HTTP
// status
// >= 400, more than max_redirects, more than max_bytes, unreadable file, neither file nor base64.
std::vector<uint8_t> fetch(const std::string& source, const FetchOptions& options = {});

// True for http:// and https:// in any letter case.
bool is_http_url(std::string_view source);

// A source shortened for messages: base64 text is not printed in full.
std::string source_name(const std::string& source);

// RFC 4648 base64, white space ignored, padding optional. False if `text` has any other character or an impossible
// length.
bool decode_base64(std::string_view text, std::vector<uint8_t>& bytes);

}  // namespace glimpse
