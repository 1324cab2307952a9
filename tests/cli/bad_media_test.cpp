// Pictures, videos, tokenizers and prompts that are broken, absurd or out of reach: one sentence each, and a status.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "loopback_server.h"
#include "model/json.h"
#include "program.h"

namespace glimpse {
namespace {

const std::string kPhoto = std::string(GLIMPSE_TEST_DATA) + "/rocket.jpg";
const std::string kScene = std::string(GLIMPSE_TEST_DATA) + "/golden/cases/scene/scene.png";
const std::string kClip = std::string(GLIMPSE_TEST_DATA) + "/golden/video/video/clip.mp4";

Outcome ask(const std::string& flag, const std::string& source) {
  return glimpse_program(
      {"run", "-m", nano_model(), "--temperature", "0", flag, source, "-p", "Describe it.", "--json"});
}

// A PNG of that size that ends behind its header.
std::string png_header(uint32_t width, uint32_t height) {
  std::string png = file_text(kScene).substr(0, 33);
  for (int i = 0; i < 4; ++i)
    png[16 + i] = char(width >> (24 - 8 * i)), png[20 + i] = char(height >> (24 - 8 * i));
  return png;
}

struct BadFile {
  const char* name;
  const char* flag;
  const char* file;  // its name
  std::string bytes;
  std::vector<std::string> parts;  // of the sentence, besides the file's name
};

void PrintTo(const BadFile& bad, std::ostream* out) { *out << bad.name; }

class BadMedia : public testing::TestWithParam<BadFile> {};

TEST_P(BadMedia, IsNamedWithItsFault) {
  const BadFile& bad = GetParam();
  const ScratchDirectory scratch;
  std::vector<std::string> parts = bad.parts;
  parts.push_back(bad.file);
  expect_one_sentence(ask(bad.flag, scratch.write(bad.file, bad.bytes).string()), 1, parts);
}

// A grey PGM, whose header is text.
std::string pgm(const std::string& size, size_t bytes) { return "P5 " + size + " 255\n" + std::string(bytes, 'x'); }

const BadFile kFiles[] = {
    {"picture_empty", "--image", "empty.jpg", "", {"empty"}},
    {"picture_text", "--image", "notes.png", "these are notes", {"picture"}},
    {"picture_page", "--image", "page.jpg", "<!DOCTYPE html><html></html>", {"picture"}},
    {"picture_half_jpeg", "--image", "half.jpg", file_text(kPhoto).substr(0, 20000), {}},
    {"picture_half_png", "--image", "half.png", file_text(kScene).substr(0, 200), {}},
    {"picture_gigantic", "--image", "gigantic.png", png_header(2000000000, 2000000000), {}},
    {"picture_no_pixels", "--image", "none.png", png_header(0, 10), {}},
    {"picture_thin", "--image", "thin.pgm", pgm("5800 28", 5800 * 28), {"200"}},
    {"picture_is_video", "--image", "clip.jpg", file_text(kClip), {"video", "--video"}},
    {"video_empty", "--video", "empty.mp4", "", {"empty"}},
    {"video_text", "--video", "notes.mp4", "these are notes", {}},
    {"video_is_picture", "--video", "scene.mp4", file_text(kScene), {"picture", "--image"}},
    {"video_half", "--video", "half.mp4", file_text(kClip).substr(0, 3000), {}},
};

INSTANTIATE_TEST_SUITE_P(Table, BadMedia, testing::ValuesIn(kFiles), [](const auto& i) { return i.param.name; });

TEST(WronglyNamed, PicturesAreReadByWhatTheyAre) {
  const ScratchDirectory scratch;
  const Outcome right = ask("--image", kPhoto);
  const Outcome wrong = ask("--image", scratch.write("a.png", file_text(kPhoto)).string());
  EXPECT_EQ(wrong.status, 0) << wrong.err;
  EXPECT_EQ(parse_json(wrong.out, "output")["token_ids"], parse_json(right.out, "output")["token_ids"]);
}

TEST(Addresses, AnswerLikeTheFileOrSayWhyNot) {
  const std::string photo = file_text(kPhoto);
  LoopbackServer server([&](const std::string& path, const LoopbackServer::Send& send) {
    if (path == "/photo") send("HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + photo);
    if (path == "/moved") send("HTTP/1.0 302 Found\r\nLocation: /photo\r\n\r\n");
    if (path == "/circle") send("HTTP/1.0 302 Found\r\nLocation: /circle\r\n\r\n");
    if (path == "/page") send("HTTP/1.0 200 OK\r\n\r\n<html>please log in</html>");
    if (path == "/endless") {
      send("HTTP/1.0 200 OK\r\n\r\n");
      while (send(std::string(1 << 16, 'x'))) continue;
    }
    send("HTTP/1.0 404 Not Found\r\n\r\n");
  });
  const Json file = parse_json(ask("--image", kPhoto).out, "output");
  for (const char* path : {"/photo", "/moved"}) {
    const Outcome o = ask("--image", server.url(path));
    EXPECT_EQ(o.status, 0) << o.err;
    EXPECT_EQ(parse_json(o.out, "output")["text"], file["text"]);
  }
  expect_one_sentence(ask("--image", server.url("/none")), 1, {server.url("/none"), "404"});
  expect_one_sentence(ask("--image", server.url("/circle")), 1, {server.url("/circle"), "redirect"});
  expect_one_sentence(ask("--image", server.url("/page")), 1, {server.url("/page")});
  expect_one_sentence(ask("--image", server.url("/endless")), 1, {server.url("/endless"), "limit of 268435456 bytes"});
  expect_one_sentence(ask("--video", server.url("/none.mp4")), 1, {server.url("/none.mp4"), "404"});
  expect_one_sentence(ask("--image", "http://127.0.0.1:1/a.png"), 1, {"http://127.0.0.1:1/a.png"});
  expect_one_sentence(ask("--image", "data:image/png;base64,!!!"), 1, {"data:"});
}

TEST(BrokenTokenizers, AreNamedWithTheirFault) {
  namespace fs = std::filesystem;
  const std::string good = file_text(nano_model() + "/tokenizer.json");
  const std::string token = "<|begin_of_image|>";
  std::string without = good;
  for (size_t at; (at = without.find(token)) != without.npos;) without.replace(at, token.size(), "<|another_token|>");
  for (const std::string& text : {std::string("{"), std::string("[]"), std::string(100000, '['), good.substr(0, 5000),
                                  without}) {
    const ScratchDirectory scratch;
    for (const fs::directory_entry& entry : fs::directory_iterator(nano_model()))
      if (entry.path().filename() != "tokenizer.json")
        fs::create_symlink(fs::absolute(entry.path()), scratch.path() / entry.path().filename());
    scratch.write("tokenizer.json", text);
    const Outcome o = glimpse_program({"run", "-m", scratch.path().string(), "--image", kPhoto, "-p", "Hi"});
    expect_one_sentence(o, 1, {"tokenizer.json"});
  }
}

TEST(LongPrompts, AreRefusedWithTheLimit) {
  std::string text;
  for (int i = 0; i < 40000; ++i) text += "word ";
  const ScratchDirectory scratch;
  const auto file = scratch.write("chat.json", Json::array({{{"role", "user"}, {"content", text}}}).dump());
  expect_one_sentence(glimpse_program({"run", "-m", nano_model(), "--messages", file.string()}), 1, {"tokens"});
}

// Ctrl-C ends the answer, not the output: what there is gets printed, and the status says so.
TEST(Interrupt, EndsTheAnswerWithStatus130) {
  const std::string command = std::string("'") + GLIMPSE_PROGRAM + "' run -m '" + nano_model() +
                              "' -p Hi --temperature 0 --ignore-eos -n 1000000 & child=$!; sleep 1; kill -INT $child; "
                              "wait $child";
  const Outcome o = run_program("/bin/bash", {"-mc", command});
  EXPECT_EQ(o.status, 130) << o.err;
  EXPECT_NE(o.out, "");
}

// Before the first token there is nothing to print, and an interrupt ends the program at once: in the vision tower of a
// model of the released one's size, whose weights are holes of a file, and while a video is awaited.
TEST(Interrupt, EndsAPromptAtOnce) {
  const ScratchDirectory scratch;
  const std::string large = (scratch.path() / "9b").string();
  ASSERT_EQ(run_program(GLIMPSE_MAKE_CHECKPOINT, {"--like", nano_model(), "--sparse-9b", large}).status, 0);
  const auto interrupted = [](const std::string& arguments) {
    const std::string command = std::string("'") + GLIMPSE_PROGRAM + "' run --device cpu " + arguments +
                                " -p Hi < <(sleep 20) & child=$!; sleep 2; before=$(date +%s%N); "
                                "kill -INT $child; wait $child; echo $? $(( ($(date +%s%N) - before) / 1000000 ))";
    return run_program("/bin/bash", {"-c", command});
  };
  for (const Outcome& o : {interrupted("-m '" + large + "' --image '" + kPhoto + "'"),
                           interrupted("-m '" + nano_model() + "' --video -")}) {
    int status = 0, milliseconds = 0;
    ASSERT_EQ(std::sscanf(o.out.c_str(), "%d %d", &status, &milliseconds), 2) << o.out << o.err;
    EXPECT_EQ(status, 130) << o.err;
    EXPECT_LT(milliseconds, 10000) << o.err;  // standard input stays open for 18 s, the tower takes longer yet
  }
}

}  // namespace
}  // namespace glimpse
