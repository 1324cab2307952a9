// Media of a chat are fetched and decoded once, however many questions follow.
#include <gtest/gtest.h>

#include <atomic>

#include "loopback_server.h"
#include "media_golden.h"
#include "program.h"

namespace glimpse {
namespace {

TEST(ChatMedia, AVideoIsFetchedOnce) {
  const std::vector<uint8_t> bytes = file_bytes(golden_path("video/video/clip.mp4"));
  std::atomic<int> fetched = 0;
  const LoopbackServer server([&](const std::string&, const LoopbackServer::Send& send) {
    ++fetched;
    send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    send({bytes.begin(), bytes.end()});
  });
  const ScratchDirectory scratch;
  const std::string script = "/video " + server.url("/clip.mp4") + "\nWhat is shown?\nWhat else?\n/quit\n";
  const Outcome o = glimpse_program({"chat", "-m", nano_model(), "--temperature", "0", "-n", "4"},
                                    scratch.write("lines", script).string());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(fetched, 1);
}

}  // namespace
}  // namespace glimpse
