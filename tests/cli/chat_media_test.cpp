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

// An option of the command line, printed as asked; and a session file that keeps what it does not understand.
TEST(ChatMedia, AVideoOfTheCommandLineAndTheAnswerAlone) {
  const ScratchDirectory scratch;
  const Outcome o = glimpse_program({"chat", "-m", nano_model(), "--device", "cpu", "--temperature", "0", "--answer",
                                     "--video", golden_path("video/video/clip.mp4")},
                                    scratch.write("lines", "What happens in the video?\n").string());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, "The square turns from green to black.\n");
}

TEST(ChatMedia, ASavedConversationKeepsMetadataAndRefusesAnAssistantsPicture) {
  const ScratchDirectory scratch;
  const std::string talk = scratch.write("talk.json", R"([{"role": "user", "content": "Hi"},
      {"role": "assistant", "metadata": "m", "content": "Hello!"}])").string();
  const std::string saved = (scratch.path() / "saved.json").string();
  const std::string photo = std::string(GLIMPSE_TEST_DATA) + "/rocket.jpg";
  const std::string seen = scratch.write("seen.json", R"([{"role": "user", "content": "Hi"}, {"role": "assistant",
      "content": [{"type": "image", "image": ")" + photo + R"("}]}])").string();
  const Outcome o = glimpse_program({"chat", "-m", nano_model(), "--temperature", "0", "-n", "4"},
                                    scratch.write("lines", "/load " + talk + "\n/load " + seen + "\n/save " + saved +
                                                               "\n").string());
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(file_text(saved).find("\"metadata\": \"m\""), std::string::npos) << file_text(saved);
  EXPECT_NE(o.err.find("seen.json: message 2, item 1: the model sees pictures and videos of the user only"), o.err.npos)
      << o.err;
}

}  // namespace
}  // namespace glimpse
