#include "model/chat.h"

#include <gtest/gtest.h>

#include "glimpse/core/error.h"
#include "model/output_parser.h"
#include "model/prompt.h"

namespace glimpse {
namespace {

const std::string kData = GLIMPSE_TEST_DATA;

TEST(Chat, RendersAsTheReference) {
  const OrderedJson cases = parse_ordered_json(read_text_file(kData + "/golden/chat_template.json", 1 << 20), "golden");
  ASSERT_GT(cases.size(), 10u);
  for (const OrderedJson& item : cases) {
    const Chat chat = parse_chat(item["messages"].dump(), "messages");
    const ChatOptions options{.add_generation_prompt = item["add_generation_prompt"].get<bool>()};
    EXPECT_EQ(apply_chat_template(chat, options), item["text"].get<std::string>());
  }
}

TEST(Chat, ListContentJoinedOrAsPythonPrintsIt) {
  const Chat chat =
      parse_chat(R"([{"role":"assistant","content":[{"type":"text","text":"it's \"x\"\n\u00e9\u200b"}]}])", "m");
  EXPECT_EQ(apply_chat_template(chat), "[gMASK]<sop><|assistant|>\nit's \"x\"\n\u00e9\u200b");
  EXPECT_EQ(apply_chat_template(chat, {.list_content = ListContent::python_repr}),
            "[gMASK]<sop><|assistant|>\n[{'type': 'text', 'text': 'it\\'s \"x\"\\n\u00e9\\u200b'}]");
}

TEST(Chat, PythonRepr) {
  const OrderedJson value = parse_ordered_json(
      R"([true,false,null,1,-2,1.0,1e16,1e-5,0.1,123456789.5,)"
      R"("a'b","\\","\u0001","\u0085","\ud83d\ude00","\ue000",{"k":[]}])",
      "v");
  EXPECT_EQ(python_repr(value),
            "[True, False, None, 1, -2, 1.0, 1e+16, 1e-05, 0.1, 123456789.5, \"a'b\", '\\\\', '\\x01', "
            "'\\x85', '\U0001F600', '\\ue000', {'k': []}]");
}

TEST(Chat, ContinuesTheFinalMessage) {
  const auto continued = [](const std::string& text) {
    return apply_chat_template({Message::of("user", "Q"), Message::of("assistant", text)},
                               {.continue_final_message = true});
  };
  EXPECT_EQ(continued("<think>so "), "[gMASK]<sop><|user|>\nQ<|assistant|>\n<think>so ");
  EXPECT_EQ(continued(" so "), "[gMASK]<sop><|user|>\nQ<|assistant|>\n so ");
  EXPECT_EQ(continued("\n"), "[gMASK]<sop><|user|>\nQ<|assistant|>\n\n");
  const Chat list = {Message::of("assistant", {ContentItem::text("<think>so")})};
  EXPECT_EQ(apply_chat_template(list, {.continue_final_message = true, .list_content = ListContent::python_repr}),
            "[gMASK]<sop><|assistant|>\n[{'type': 'text', 'text': '<think>so");
  EXPECT_THROW(apply_chat_template(list, {.add_generation_prompt = true, .continue_final_message = true}), Error);
  // What is not printed, or printed escaped, cannot be continued, though the same text stands elsewhere.
  EXPECT_THROW(apply_chat_template({Message::of("user", "x"), Message::of("tool", "x")},
                                   {.continue_final_message = true}), Error);
  EXPECT_THROW(apply_chat_template({Message::of("assistant", {ContentItem::text("a\nb")})},
                                   {.continue_final_message = true, .list_content = ListContent::python_repr}), Error);
}

TEST(Chat, OpenAiPicturesAndErrors) {
  const Chat chat = parse_chat(
      R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}},)"
      R"({"type":"image","url":"v"},{"type":"text","text":"?"}]}])",
      "m");
  const auto media = media_of(chat, ContentKind::image);
  ASSERT_EQ(media.size(), 2u);
  EXPECT_EQ(media[0].source(), "u");
  EXPECT_EQ(media[1].source(), "v");
  for (const char* bad :
       {"{}", "[]", "[3]", R"([{"content":"x"}])", R"([{"role":"user"}])", R"([{"role":"user","content":3}])",
        R"([{"role":"user","content":["x"]}])", R"([{"role":"user","content":[{"type":"text"}]}])",
        R"([{"role":"user","content":[{"type":"image_url"}]}])"}) {
    EXPECT_THROW(parse_chat(bad, "m"), Error) << bad;
  }
}

TEST(Chat, KnowsItsTemplates) {
  EXPECT_EQ(check_chat_template(kData + "/nano"), "");
  std::string text = read_text_file(kData + "/nano/chat_template.jinja", 1 << 16);
  EXPECT_TRUE(is_known_chat_template(text));
  EXPECT_FALSE(is_known_chat_template(text + "<|observation|>"));
}

TEST(Prompt, ExpandsPlaceholders) {
  const std::vector<Grid> images{{1, 4, 4}, {1, 2, 4}};
  const std::vector<VideoPrompt> videos{{{2, 2, 2}, {0, 1}}};
  PlaceholderExpander expander(images, videos, 2);
  EXPECT_EQ(expander.expand("a<|image|>b<|video|>c<|image|>"),
            "a<|image|><|image|><|image|><|image|>b<|begin_of_image|><|image|><|end_of_image|>0"
            "<|begin_of_image|><|image|><|end_of_image|>1c<|image|><|image|>");
  EXPECT_NO_THROW(expander.finish());
  EXPECT_THROW(expander.expand("<|image|>"), Error);
  EXPECT_THROW(PlaceholderExpander(images, {}, 2).finish(), Error);
  EXPECT_EQ(PlaceholderExpander({}, {}, 2).expand("<|image|>"), "<|image|>");
}

TEST(Prompt, TokenizerMustFitTheConfiguration) {
  const Tokenizer tokenizer = Tokenizer::from_pretrained(kData + "/nano");
  Glm4vConfig config = Glm4vConfig::from_pretrained(kData + "/nano");
  EXPECT_NO_THROW(check_tokenizer(tokenizer, config));
  config.image_token_id = 5;
  EXPECT_THROW(check_tokenizer(tokenizer, config), Error);
}

TEST(OutputParser, FindsThinkingAnswerAndBoxes) {
  const ParsedOutput output = parse_output("<think>hm</think><answer>it is <|begin_of_box|>4<|end_of_box|>");
  EXPECT_EQ(output.thinking, "hm");
  EXPECT_EQ(output.answer, "it is <|begin_of_box|>4<|end_of_box|>");
  EXPECT_EQ(output.boxes, std::vector<std::string>{"4"});
  EXPECT_EQ(parse_output("<think>hm</think>plain").answer, "plain");
}

TEST(OutputParser, PiecesOfAnySizeGiveTheSame) {
  const std::string text = "a<b <think>x<y</think> <answer>1 < 2</answer>z<";
  for (std::size_t size = 1; size < text.size(); ++size) {
    OutputSplitter splitter;
    std::string think, answer, plain;
    const auto take = [&](const std::vector<OutputSpan>& spans) {
      for (const OutputSpan& span : spans) {
        (span.kind == SpanKind::think ? think : span.kind == SpanKind::answer ? answer : plain) += span.text;
      }
    };
    for (std::size_t at = 0; at < text.size(); at += size) take(splitter.push(text.substr(at, size)));
    take(splitter.finish());
    EXPECT_EQ(think, "x<y");
    EXPECT_EQ(answer, "1 < 2");
    EXPECT_EQ(plain, "a<b  z<");
  }
}

}  // namespace
}  // namespace glimpse
