#include "model/fetch_http.h"

#include <curl/curl.h>

#include <memory>
#include <mutex>

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

struct Body {
  std::vector<uint8_t> bytes;
  size_t max_bytes = 0;
  bool too_long = false;
};

size_t append_body(char* data, size_t size, size_t count, void* user) {
  auto& body = *static_cast<Body*>(user);
  const size_t n = size * count;
  if (n > body.max_bytes - body.bytes.size()) {
    body.too_long = true;
    return 0;
  }
  try {
    body.bytes.insert(body.bytes.end(), data, data + n);
  } catch (const std::exception&) {  // an exception must not pass through the C library
    return 0;
  }
  return n;
}

void configure(CURL* curl, const std::string& url, const FetchOptions& options, Body& body, char* message) {
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "glimpse");
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, static_cast<long>(options.max_redirects));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_seconds * 1000));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.total_seconds * 1000));
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);  // time-outs without SIGALRM: other threads are running
  curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_bytes));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
}

[[noreturn]] void report(CURL* curl, CURLcode code, const std::string& url, const FetchOptions& options,
                         const Body& body, const char* message) {
  const std::string name = source_name(url);
  if (body.too_long || code == CURLE_FILESIZE_EXCEEDED) {
    GLIMPSE_FAIL("%s: longer than the limit of %lld bytes; download it and give a smaller file", name.c_str(),
                 static_cast<long long>(options.max_bytes));
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    GLIMPSE_FAIL("%s: the server did not deliver within %g s (connecting: %g s); try again or download the file first",
                 name.c_str(), options.total_seconds, options.connect_seconds);
  }
  if (code == CURLE_TOO_MANY_REDIRECTS) {
    GLIMPSE_FAIL("%s: more than %d redirects; give the final address", name.c_str(), options.max_redirects);
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (code == CURLE_HTTP_RETURNED_ERROR) {
    GLIMPSE_FAIL("%s: the server answered with status %ld; check the address", name.c_str(), status);
  }
  GLIMPSE_FAIL("%s: cannot be fetched (%s); check the address and the network", name.c_str(),
               message[0] ? message : curl_easy_strerror(code));
}

}  // namespace

std::vector<uint8_t> fetch_http(const std::string& url, const FetchOptions& options) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), &curl_easy_cleanup);
  GLIMPSE_CHECK(curl, "%s: libcurl could not be started", source_name(url).c_str());
  Body body;
  body.max_bytes = static_cast<size_t>(options.max_bytes);
  char message[CURL_ERROR_SIZE] = "";
  configure(curl.get(), url, options, body, message);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) report(curl.get(), code, url, options, body, message);
  return std::move(body.bytes);
}

}  // namespace glimpse
