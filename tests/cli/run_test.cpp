// glimpse run and glimpse chat: the answers, in what order things reach the model, what is printed.
#include <gtest/gtest.h>

#include "model/json.h"
#include "program.h"

namespace glimpse {
namespace {

const std::string kPhoto = std::string(GLIMPSE_TEST_DATA) + "/rocket.jpg";
const std::string kAnswer = "A rocket stands on its launch pad at night.";
const std::string kText = "<think>This looks like a rocket.</think><answer>" + kAnswer + "</answer>";

Outcome run(std::vector<std::string> more, const std::string& input = "/dev/null") {
  std::vector<std::string> arguments = {"run", "-m", nano_model(), "--temperature", "0"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return glimpse_program(arguments, input);
}

TEST(Run, DescribesThePhotograph) {
  const Outcome o = run({"--image", kPhoto, "-p", "Describe the picture."});
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, kText + "\n");
  EXPECT_EQ(run({"--image", kPhoto, "-p", "Describe the picture.", "--answer"}).out, kAnswer + "\n");
  EXPECT_EQ(run({"--image", "-", "-p", "Describe the picture."}, kPhoto).out, kText + "\n");
  EXPECT_EQ(run({"--image", kPhoto, "-p", "Describe the picture.", "--show-thinking"}).out,
            "This looks like a rocket.\n\n" + kAnswer + "\n");
  const Outcome cut = run({"--image", kPhoto, "-p", "Describe the picture.", "--answer", "-n", "4"});
  EXPECT_NE(cut.err.find("ended in the thought; raise --max-new-tokens"), std::string::npos) << cut.err;
}

TEST(Run, JsonHoldsTextIdsAndStatistics) {
  const Outcome o = run({"--image", kPhoto, "-p", "Describe the picture.", "--json"});
  const Json json = parse_json(o.out, "output");
  EXPECT_EQ(json["text"], kText);
  EXPECT_EQ(json["answer"], kAnswer);
  EXPECT_EQ(json["thinking"], "This looks like a rocket.");
  EXPECT_EQ(json["finish_reason"], "stop");
  EXPECT_EQ(json["token_ids"].size(), json["stats"]["new_tokens"]);
  EXPECT_EQ(json["stats"]["patches"], 216);
  const Json cut = parse_json(run({"-p", "Hi", "-n", "3", "--ignore-eos", "--json"}).out, "output");
  EXPECT_EQ(cut["finish_reason"], "length");
  EXPECT_EQ(cut["generation"]["do_sample"], false);
  EXPECT_EQ(cut["generation"]["max_new_tokens"], 3);
  EXPECT_EQ(cut["token_ids"].size(), 3u);
}

TEST(Run, MessagesAreTheSameAsFlagsInTheirOrder) {
  const ScratchDirectory scratch;
  const auto file = scratch.write("chat.json", R"([{"role": "system", "content": "Be brief."},
      {"role": "user", "content": [{"type": "text", "text": "Look: "}, {"type": "image", "image": ")" + kPhoto + R"("},
       {"type": "text", "text": "Describe the picture."}]}])");
  const Json a = parse_json(run({"--messages", file.string(), "--json"}).out, "output");
  const Json b = parse_json(run({"-p", "Look: ", "--image", kPhoto, "-p", "Describe the picture.", "--system",
                                 "Be brief.", "--json"}).out, "output");
  EXPECT_EQ(a["token_ids"], b["token_ids"]);
  EXPECT_EQ(a["stats"]["prompt_tokens"], b["stats"]["prompt_tokens"]);
}

// Two pictures with different shapes in them: which comes first decides the answer.
TEST(Run, PartsReachTheModelInTheOrderGiven) {
  const std::string cases = std::string(GLIMPSE_TEST_DATA) + "/golden/cases/";
  const auto text = [&](const std::string& first, const std::string& second) {
    return parse_json(run({"--image", first, "-p", "What is in the first picture?", "--image", second, "--json"}).out,
                      "output")["text"].get<std::string>();
  };
  EXPECT_NE(text(kPhoto, cases + "scene/scene.png"), text(cases + "scene/scene.png", kPhoto));
}

TEST(Run, AForcedKernelRunsAndAMisspeltSiteIsAnError) {
  EXPECT_EQ(run({"-p", "What is 2 plus 3?", "--kernel", "attention=scalar", "--answer"}).out, "5\n");
  const Outcome o = run({"-p", "Hi", "--kernel", "attention.txet=scalar"});
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.err.find("attention.txet"), std::string::npos) << o.err;
}

TEST(Chat, KeepsWhatWasSaid) {
  const ScratchDirectory scratch;
  const std::string saved = (scratch.path() / "talk.json").string();
  const std::string script = "/image " + kPhoto + "\nDescribe the picture.\n/stats\nWhat is this?\n/save " + saved +
                             "\n/clear\nWhat is 2 plus 3?\n/quit\nnot asked\n";
  const auto lines = scratch.write("lines", script);
  const Outcome o = glimpse_program({"chat", "-m", nano_model(), "--temperature", "0"}, lines.string());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out.rfind(kText + "\n", 0), 0u) << o.out;
  EXPECT_NE(o.out.find("<answer>5</answer>\n"), std::string::npos) << o.out;
  EXPECT_NE(o.err.find("66 more were kept in the cache"), std::string::npos) << o.err;
  const Json talk = parse_json(file_text(saved), "talk.json");
  ASSERT_EQ(talk.size(), 4u);
  EXPECT_EQ(talk[1]["content"], kAnswer);
  EXPECT_EQ(run({"--messages", saved, "-n", "4"}).status, 0);
}

TEST(Chat, AMistakeEndsNothing) {
  const ScratchDirectory scratch;
  const auto lines = scratch.write("lines", "/image nothere.jpg\n/what\n/save\nWhat is 3 plus 4?\n");
  const Outcome o = glimpse_program({"chat", "-m", nano_model(), "--temperature", "0"}, lines.string());
  EXPECT_EQ(o.status, 1);
  for (const char* part : {"nothere.jpg", "there is no /what", "/save needs a file"})
    EXPECT_NE(o.err.find(part), std::string::npos) << o.err;
  EXPECT_NE(o.out.find("<answer>7</answer>"), std::string::npos) << o.out;
}

}  // namespace
}  // namespace glimpse
