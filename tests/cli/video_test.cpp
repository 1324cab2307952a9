// A video in run, chat and batch: the reference's answer in each, and a batch's records are the single runs'.
#include <gtest/gtest.h>

#include "model/json.h"
#include "program.h"

namespace glimpse {
namespace {

const std::string kClip = std::string(GLIMPSE_TEST_DATA) + "/golden/video/video/clip.mp4";
const std::string kQuestion = "What happens in the video?";
// text_f32 of golden/video/video/case.json.
const std::string kAnswer = "The square turns from green to black.";
const std::string kText = "<think>A green square becomes a black square.</think><answer>" + kAnswer + "</answer>";

std::string run(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"run", "-m", nano_model(), "--device", "cpu", "--temperature", "0"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Outcome o = glimpse_program(arguments);
  EXPECT_EQ(o.status, 0) << o.err;
  return o.out;
}

TEST(Video, RunGivesTheReferencesText) {
  EXPECT_EQ(run({"--video", kClip, "-p", kQuestion}), kText + "\n");
  // Half the rate of the model's file is another question: 3 of its 6 frames.
  EXPECT_FALSE(run({"--video", kClip, "--fps", "1", "-p", kQuestion}).empty());
}

TEST(Video, ChatKeepsItThroughSaveClearAndLoad) {
  const ScratchDirectory scratch;
  const std::string saved = (scratch.path() / "talk.json").string();
  const std::string script = "/video " + kClip + "\n" + kQuestion + "\n/save " + saved + "\n/clear\n/load " + saved +
                             "\n" + kQuestion + "\n/save " + saved + "\n";
  const Outcome o = glimpse_program({"chat", "-m", nano_model(), "--device", "cpu", "--temperature", "0"},
                                    scratch.write("lines", script).string());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out.rfind(kText + "\n", 0), 0u) << o.out;
  const Json talk = parse_json(file_text(saved), "talk.json");
  ASSERT_EQ(talk.size(), 4u);  // both questions, both answers, without thoughts
  EXPECT_EQ(talk[1]["content"], kAnswer);
  EXPECT_EQ(talk[0]["content"][0]["type"], "video");
}

TEST(Video, ABatchsRecordsAreTheSingleRuns) {
  const ScratchDirectory scratch;
  const std::string photo = std::string(GLIMPSE_TEST_DATA) + "/rocket.jpg";
  const std::string lines = "{\"image\": \"" + photo + "\", \"prompt\": \"Describe the picture.\"}\n{\"video\": \"" +
                            kClip + "\", \"prompt\": \"" + kQuestion + "\"}\n{\"prompt\": \"What is 3 plus 4?\"}\n";
  const Outcome o = glimpse_program({"batch", "-m", nano_model(), "--device", "cpu", "--temperature", "0", "-n", "60",
                                     scratch.write("in.jsonl", lines).string()});
  EXPECT_EQ(o.status, 0) << o.err;
  std::istringstream records(o.out);
  const std::vector<std::vector<std::string>> questions = {
      {"--image", photo, "-p", "Describe the picture."}, {"--video", kClip, "-p", kQuestion},
      {"-p", "What is 3 plus 4?"}};
  for (const auto& question : questions) {
    std::string record;
    ASSERT_TRUE(std::getline(records, record));
    EXPECT_EQ(parse_json(record, "record")["text"].get<std::string>() + "\n", run(question));
  }
}

}  // namespace
}  // namespace glimpse
