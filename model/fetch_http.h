// Download over HTTP(S), bounded in time, size and redirects.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "model/fetch.h"

namespace glimpse {

// The body of an http(s) URL. Redirects may lead to http(s) only. Throws Error as fetch() does.
std::vector<uint8_t> fetch_http(const std::string& url, const FetchOptions& options);

}  // namespace glimpse
