// Every example and the command line that stands in it, run on the small checkpoint with media from a server of the
// test: greedy they give the reference's text, and with the model's own sampling both give the same.
#include <gtest/gtest.h>

#include <algorithm>

#include "../cli/program.h"
#include "glimpse/core/oracle.h"
#include "loopback_server.h"
#include "media_golden.h"
#include "model/json.h"
#include "model/tokenizer.h"

namespace glimpse {
namespace {

struct Example {
  const char *name, *golden_case, *media, *greedy;
};

void PrintTo(const Example& example, std::ostream* out) { *out << example.name; }

// The line behind "The same as a command line:" of an example's source.
std::string command_line(const std::string& name) {
  std::istringstream source(file_text(std::string(GLIMPSE_EXAMPLES) + "/" + name + ".cpp"));
  for (std::string line; std::getline(source, line);)
    if (line.rfind("//   glimpse ", 0) == 0) return line.substr(5);
  return "no command line in the example";
}

class ExampleTest : public testing::TestWithParam<Example> {
 protected:
  ExampleTest()
      : case_(golden_path(GetParam().golden_case)),
        golden_(read_json_file(case_ / "case.json")),
        server_([this](const std::string& path, const LoopbackServer::Send& send) {
          const std::vector<uint8_t> bytes = file_bytes(case_ / path.substr(1));
          send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes.size()) + "\r\n\r\n");
          send(std::string(bytes.begin(), bytes.end()));
        }) {}

  std::string url() const { return server_.url(std::string("/") + GetParam().media); }
  std::string question() const { return golden_["messages"][0]["content"][1]["text"].get<std::string>(); }

  // What the example prints, without the end of its last line.
  std::string example(const std::string& keywords = "{}") {
    const Outcome o = run_program(std::string(GLIMPSE_PROGRAMS) + "/example_" + GetParam().name,
                                  {nano_model(), url(), question(), keywords});
    EXPECT_EQ(o.status, 0) << o.err;
    return o.out.substr(0, o.out.size() - 1);
  }
  // The same of its command line, or of that with temperature 0.
  std::string command(bool greedy = false) {
    std::string line = command_line(GetParam().name);
    if (greedy) line = line.substr(0, line.find(" --temperature")) + " --temperature 0";
    const std::string set = "PATH='" GLIMPSE_PROGRAMS "':\"$PATH\" MODEL='" + nano_model() + "' URL='" + url() +
                            "' QUESTION='" + question() + "'; ";
    const Outcome o = run_program("/bin/sh", {"-c", set + line});
    EXPECT_EQ(o.status, 0) << o.err;
    return o.out.substr(0, o.out.size() - 1);
  }
  std::filesystem::path case_;
  Json golden_;
  LoopbackServer server_;
};

INSTANTIATE_TEST_SUITE_P(
    , ExampleTest,
    testing::Values(Example{"pipeline", "cases/scene", "scene.png", R"({"generate_kwargs": {"do_sample": false}})"},
                    Example{"auto_model", "cases/scene", "scene.png", R"({"do_sample": false})"},
                    Example{"video", "video/video", "clip.mp4", R"({"do_sample": false})"}),
    [](const auto& p) { return p.param.name; });

TEST_P(ExampleTest, GreedyIsTheReferencesText) {
  std::string want = golden_["text_f32"].get<std::string>();
  if (GetParam().name == std::string("pipeline")) {  // ends after twenty tokens
    const SafetensorsFile file(case_ / "f32.safetensors");
    const TensorView stored = file.view("generate.ids");
    ASSERT_GE(stored.numel(), 20);
    std::vector<TokenId> ids;
    for (int64_t i = 0; i < 20; ++i) ids.push_back(TokenId(oracle::get_at(stored, i)));
    want = Tokenizer::from_pretrained(nano_model()).decode(ids, true);
  }
  EXPECT_EQ(example(GetParam().greedy), want);
  EXPECT_EQ(command(true), want);
}

TEST_P(ExampleTest, SamplingIsThatOfTheCommandLine) {
  const std::string got = example();
  EXPECT_EQ(got, command());
  EXPECT_EQ(got.rfind("<think>", 0), 0u) << got;
}

TEST_P(ExampleTest, AMissingFileIsOneSentence) {
  const Outcome o = run_program(std::string(GLIMPSE_PROGRAMS) + "/example_" + GetParam().name,
                                {nano_model(), "/nowhere/" + std::string(GetParam().media), question()});
  EXPECT_EQ(o.status, 1);
  EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  EXPECT_NE(o.err.find("/nowhere/"), o.err.npos) << o.err;
}

}  // namespace
}  // namespace glimpse
