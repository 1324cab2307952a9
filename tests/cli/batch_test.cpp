// glimpse batch: a record for each line, in order; a bad line says why and stops no other.
#include <gtest/gtest.h>

#include "model/json.h"
#include "program.h"

namespace glimpse {
namespace {

std::vector<Json> records_of(const std::string& text) {
  std::vector<Json> records;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) records.push_back(parse_json(line, "a record"));
  return records;
}

Outcome batch(const std::filesystem::path& questions, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"batch", "-m", nano_model(), questions.string(),
                                        "--temperature", "0", "-n", "9"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return glimpse_program(arguments);
}

TEST(Batch, BadLinesGetRecordsThatSayWhy) {
  const ScratchDirectory scratch;
  const std::pair<std::string, std::string> bad[] = {
      {"{\"prompt\": \"x\", \"imgae\": \"a.png\"}", "no field \"imgae\""},
      {"{\"prompt\": \"x\", \"image\": \"-\"}", "standard input"},
      {"{\"prompt\": \"x\", \"image\": \"/nowhere/a.png\"}", "/nowhere/a.png"},
      {"{\"messages\": [{\"role\": \"wizard\", \"content\": \"x\"}]}", "no role \"wizard\""},
      {"{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"audio\"}]}]}", "item 1: \"type\""},
      {"{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"prompt\": \"y\"}", "no field \"prompt\""},
      {"{}", "neither"}, {"5", "JSON object"}, {std::string("{}\0{}", 5), "NUL"}, {std::string(1000, '['), "nested"}};
  std::string text;
  for (const auto& [line, reason] : bad) text += line + "\n";
  const Outcome o = batch(scratch.write("q.jsonl", text + "{\"prompt\": \"What is 3 plus 4?\", \"id\": {\"a\": 1}}\n"));
  EXPECT_EQ(o.status, 3);
  const std::vector<Json> records = records_of(o.out);
  ASSERT_EQ(records.size(), std::size(bad) + 1);
  for (size_t i = 0; i < std::size(bad); ++i) {
    ASSERT_TRUE(records[i].contains("error")) << records[i];
    EXPECT_EQ(records[i]["index"], i);
    EXPECT_NE(records[i]["error"].get<std::string>().find(bad[i].second), std::string::npos) << records[i];
  }
  EXPECT_EQ(records.back()["id"], Json({{"a", 1}}));
  EXPECT_EQ(records.back()["text"].get<std::string>().rfind("<think>3 plus 4", 0), 0u) << records.back();
}

// A rule that only a picture cannot follow fails while answering, side by side with a line that can.
TEST(Batch, ALineThatFailsWhileAnsweringFailsAlone) {
  const ScratchDirectory scratch;
  const std::string photo = std::string(GLIMPSE_TEST_DATA) + "/rocket.jpg";
  const std::string picture = R"({"prompt": "Describe it.", "image": ")" + photo + "\"}";
  const std::string sum = R"({"prompt": "What is 3 plus 4?"})";
  const auto questions = scratch.write("q.jsonl", sum + "\n" + picture + "\n" + sum + "\n");
  const Outcome o = batch(questions, {"--batch-size", "3", "--kernel", "linear.vision=gemv_avx2"});
  EXPECT_EQ(o.status, 3) << o.err;
  const std::vector<Json> records = records_of(o.out);
  ASSERT_EQ(records.size(), 3u) << o.out << o.err;
  EXPECT_NE(records[1].value("error", "").find("linear=gemv_avx2 cannot run at"), std::string::npos) << records[1];
  ASSERT_TRUE(records[0].contains("text") && records[2].contains("text"));
  EXPECT_EQ(records[0]["text"], records[2]["text"]);
}

TEST(Batch, ShardsTogetherAreTheWholeAndACutRecordIsAskedAgain) {
  const ScratchDirectory scratch;
  const auto questions = scratch.write("q.jsonl", "{\"prompt\": \"Hello!\"}\n{\"prompt\": \"What is 3 plus 4?\"}\n"
                                                  "{\"prompt\": \"What is 9 minus 5?\"}\n");
  const Outcome whole = batch(questions);
  ASSERT_EQ(whole.status, 0) << whole.err;
  const std::vector<Json> all = records_of(whole.out), even = records_of(batch(questions, {"--shard", "0/2"}).out),
                          odd = records_of(batch(questions, {"--shard", "1/2"}).out);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(even, (std::vector<Json>{all[0], all[2]}));
  EXPECT_EQ(odd, (std::vector<Json>{all[1]}));
  const size_t first = whole.out.find('\n') + 1;
  const auto output = scratch.write("a.jsonl", whole.out.substr(0, first + 10));
  EXPECT_EQ(batch(questions, {"-o", output.string()}).status, 0);
  EXPECT_EQ(file_text(output), whole.out);
}

// Whoever goes on where a run stopped is told of the lines that failed then.
TEST(Batch, LinesThatFailedEarlierAreNotForgotten) {
  const ScratchDirectory scratch;
  const auto questions = scratch.write("q.jsonl", "{\"prompt\": \"Hello!\"}\n{\n{\"prompt\": \"What is 3 plus 4?\"}\n");
  const std::string output = (scratch.path() / "a.jsonl").string();
  const Outcome first = batch(questions, {"-o", output});
  EXPECT_EQ(first.status, 3);
  EXPECT_NE(first.err.find("1 of 3 lines could not be answered; their"), first.err.npos) << first.err;
  const Outcome again = batch(questions, {"-o", output, "--kernel", "attention.text=scalar"});
  EXPECT_EQ(again.status, 3);
  EXPECT_NE(again.err.find("1 of 3 lines could not be answered, 1 of them in an earlier run"), again.err.npos)
      << again.err;
  const std::string error = records_of(file_text(output)).at(1)["error"];
  EXPECT_EQ(error.rfind("line 2: not valid JSON (parse error at column 2", 0), 0u) << error;
}

// Nothing of a file is touched that is not this run's own output.
TEST(Batch, AnOutputThatIsNotItsOwnStaysAsItIs) {
  const ScratchDirectory scratch;
  const std::string hello = "{\"prompt\": \"Hello!\"}", own = "{\"index\":0,\"text\":\"\"}\n{\"ind";
  const auto questions = scratch.write("q.jsonl", hello);
  const auto unchanged = [&](const std::string& text, std::vector<std::string> more, const std::string& says) {
    const auto output = scratch.write("o.jsonl", text);
    more.insert(more.end(), {"-o", output.string()});
    expect_one_sentence(batch(questions, more), 1, {says});
    EXPECT_EQ(file_text(output), text);
  };
  unchanged("{\"my\": \"notes\"}", {}, "o.jsonl holds lines that glimpse batch did not write");
  unchanged(own, {"--shard", "1/2"}, "o.jsonl holds a record of line 0, which is not of --shard 1/2");
  unchanged(own, {"--plugin", "/nonexistent.so"}, "/nonexistent.so");
  expect_one_sentence(batch(questions, {"-o", questions.string()}), 1, {"q.jsonl: is the file of questions too"});
  EXPECT_EQ(file_text(questions), hello);
}

TEST(Batch, AFullDiskIsAnError) {
  const ScratchDirectory scratch;
  const auto questions = scratch.write("q.jsonl", "{\"prompt\": \"Hello!\"}\n");
  expect_one_sentence(batch(questions, {"-o", "/dev/full"}), 1, {"/dev/full", "disk full"});
}

TEST(Batch, APipeIsReadAsAFileIs) {
  const std::string command = std::string("echo '{\"prompt\": \"Hello!\"}' | '") + GLIMPSE_PROGRAM + "' batch -m '" +
                              nano_model() + "' /dev/stdin --temperature 0 -n 3";
  const Outcome o = run_program("/bin/sh", {"-c", command});
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(records_of(o.out).size(), 1u);
}

}  // namespace
}  // namespace glimpse
