#include "model/fetch.h"

#include <gtest/gtest.h>

#include "loopback_server.h"
#include "media_golden.h"

namespace glimpse {
namespace {

void answer(const std::string& path, const LoopbackServer::Send& send) {
  const std::string ok = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
  if (path == "/ok") send(ok + "Content-Length: 5\r\n\r\nhello");
  if (path == "/missing") send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  if (path == "/once") send("HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  if (path == "/loop") send("HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  if (path == "/file") {
    send("HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  if (path == "/short") send(ok + "Content-Length: 500\r\n\r\nhello");
  if (path == "/endless") {
    send(ok + "\r\n");
    while (send(std::string(4096, 'x'))) {
    }
  }
}

std::string refusal(const std::string& source, const FetchOptions& options = {}) {
  return sentence_of([&] { fetch(source, options); });
}

TEST(Fetch, UrlsAreFetchedWithinLimits) {
  const LoopbackServer server(answer);
  const auto text = [](const std::vector<uint8_t>& b) { return std::string(b.begin(), b.end()); };
  EXPECT_EQ("hello", text(fetch(server.url("/ok"))));
  EXPECT_EQ("hello", text(fetch(server.url("/once"))));
  EXPECT_NE(std::string::npos, refusal(server.url("/missing")).find("404"));
  EXPECT_NE(std::string::npos, refusal(server.url("/loop")).find("redirects"));
  EXPECT_NE("", refusal(server.url("/file")));
  EXPECT_NE("", refusal(server.url("/short")));
  FetchOptions limited;
  limited.max_bytes = 100000;
  EXPECT_NE(std::string::npos, refusal(server.url("/endless"), limited).find("limit of 100000"));
  FetchOptions hasty;
  hasty.total_seconds = 0.3;
  EXPECT_NE(std::string::npos, refusal(server.url("/silent"), hasty).find("did not deliver"));
}

TEST(Fetch, UnreachableServersAreNamed) {
  std::string url;
  { url = LoopbackServer(answer).url("/ok"); }  // nobody listens there any more
  EXPECT_NE(std::string::npos, refusal(url).find("cannot be fetched"));
  EXPECT_NE(std::string::npos, refusal("ftp://example.org/a.png").find("only http"));
}

TEST(Fetch, Base64AndDataUris) {
  std::vector<uint8_t> bytes;
  EXPECT_TRUE(decode_base64("aGVs\nbG8=", bytes));
  EXPECT_EQ((std::vector<uint8_t>{'h', 'e', 'l', 'l', 'o'}), bytes);
  EXPECT_FALSE(decode_base64("a", bytes));
  EXPECT_FALSE(decode_base64("aGVs*G8=", bytes));
  EXPECT_FALSE(decode_base64("aG=VsbG8", bytes));
  EXPECT_EQ(5u, fetch("data:image/png;base64,aGVsbG8=").size());
  EXPECT_NE("", refusal("data:image/png,hello"));
  EXPECT_EQ(30u, fetch("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB").size());
}

TEST(Fetch, FilesAreReadWithinTheLimit) {
  const std::string path = golden_path("preprocess/rgb.png").string();
  EXPECT_EQ(file_bytes(path), fetch(path));
  FetchOptions limited;
  limited.max_bytes = 1000;
  EXPECT_NE(std::string::npos, refusal(path, limited).find("limit"));
  EXPECT_NE(std::string::npos, refusal("no/such.png").find("no such file"));
  EXPECT_NE(std::string::npos, refusal(golden_path("preprocess").string()).find("directory"));
  EXPECT_NE("", refusal(""));
}

}  // namespace
}  // namespace glimpse
