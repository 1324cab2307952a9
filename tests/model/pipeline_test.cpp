// The one-call pipeline, generate()'s keywords and what forward() gives beside logits, on the small checkpoint.
#include "model/pipeline.h"

#include <gtest/gtest.h>

#include <cmath>

#include "golden_model.h"
#include "loopback_server.h"
#include "model/generate_keywords.h"
#include "model/generated_rows.h"
#include "model/hidden_states.h"
#include "model/loss.h"
#include "model/processor_keywords.h"

namespace glimpse {
namespace {

const Json kGreedy = {{"do_sample", false}};

// The checkpoint of all tests here, opened once; one thread, as small matrices are faster without barriers.
Pipeline& nano() {
  static Pipeline pipe(nano_path().string(), {.device = "cpu", .dtype = DType::f32, .plan = {}, .threads = 1});
  return pipe;
}

PipelineOptions greedy(Json keywords = Json::object()) {
  if (!keywords.contains("generate_kwargs")) keywords["generate_kwargs"] = kGreedy;
  return nano().options(keywords);
}

std::string scene_path() { return golden_path("cases/scene/scene.png").string(); }
Chat ask(std::vector<ContentItem> items) { return {Message::of("user", std::move(items))}; }
Chat scene_chat(const std::string& picture = scene_path()) {
  return ask({ContentItem::image(picture), ContentItem::text("Describe the picture.")});
}
std::string golden_text(const std::string& name) {
  return read_json_file(golden_path(name + "/case.json"))["text_f32"].get<std::string>();
}
// An answer that no end token cut, so that turns can go on behind it.
const std::string kScene = "<think>I see a white star at the top.</think><answer>A white star at the top.</answer>";

TEST(Pipeline, NewTextIsTheReferencesAnswer) {
  EXPECT_EQ(golden_text("cases/scene"), kScene);
  const auto out = nano()(scene_chat(), greedy({{"return_full_text", false}}));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].generated_text, kScene);
  EXPECT_EQ(out[0].finish, Finish::stop);
  EXPECT_TRUE(out[0].messages.empty());
  const auto cut = nano()(scene_chat(), greedy({{"max_new_tokens", 6}, {"return_full_text", false}}));
  EXPECT_EQ(cut[0].finish, Finish::length);
  EXPECT_EQ(kScene.rfind(cut[0].generated_text, 0), 0u) << cut[0].generated_text;
}

TEST(Pipeline, FullTextIsTheChatWithTheAnswerAndGoesInAgain) {
  const auto out = nano()(scene_chat(), greedy());
  ASSERT_EQ(out[0].messages.size(), 2u);
  EXPECT_EQ(out[0].messages[1].role, "assistant");
  EXPECT_FALSE(out[0].messages[1].is_list);
  EXPECT_EQ(out[0].messages[1].content, kScene);
  // Given back with a next question, as an object and through JSON, it is the same conversation.
  Chat next = out[0].messages;
  next.push_back(Message::of("user", "What is 3 plus 4?"));
  const auto again = nano()(next, greedy({{"return_full_text", false}}));
  const Chat through_json = parse_chat(messages_json(next).dump(), "messages");
  EXPECT_EQ(nano()(through_json, greedy({{"return_full_text", false}}))[0].generated_text, again[0].generated_text);
  EXPECT_EQ(again[0].json()["input_text"].size(), 3u);
}

TEST(Pipeline, AnAssistantsLastMessageIsContinued) {
  const std::string begun = kScene.substr(0, kScene.find(" the top"));
  for (const bool as_list : {false, true}) {
    SCOPED_TRACE(as_list);
    Chat chat = scene_chat();
    chat.push_back(as_list ? Message::of("assistant", {ContentItem::text(begun)}) : Message::of("assistant", begun));
    const auto out = nano()(chat, greedy());
    ASSERT_EQ(out[0].messages.size(), 2u);
    const Message& last = out[0].messages[1];
    EXPECT_EQ(as_list ? last.items.at(0).text() : last.content, kScene);
    EXPECT_EQ(nano()(chat, greedy({{"return_full_text", false}}))[0].generated_text, kScene.substr(begun.size()));
    // Told not to continue, it is a turn like any other, and the answer a message behind it.
    EXPECT_EQ(nano()(chat, greedy({{"continue_final_message", false}, {"max_new_tokens", 2}}))[0].messages.size(), 3u);
  }
}

TEST(Pipeline, PicturesFromUrlsOpenAiItemsAndTheCaller) {
  const LoopbackServer server([](const std::string&, const LoopbackServer::Send& send) {
    const std::vector<uint8_t> bytes = file_bytes(scene_path());
    send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes.size()) + "\r\n\r\n" +
         std::string(bytes.begin(), bytes.end()));
  });
  const PipelineOptions options = greedy({{"return_full_text", false}, {"timeout", 20}});
  EXPECT_EQ(nano()(scene_chat(server.url("/scene.png")), options)[0].generated_text, kScene);
  const ContentItem openai{{{"type", "image_url"}, {"image_url", {{"url", scene_path()}}}}};
  EXPECT_EQ(nano()(ask({openai, ContentItem::text("Describe the picture.")}), options)[0].generated_text, kScene);
  const Image pixels = load_image(scene_path());
  for (const PipelineImage& image : {PipelineImage(scene_path()), PipelineImage(pixels)}) {
    const std::vector<PipelineImage> images = {image};
    EXPECT_EQ(nano()(scene_chat(""), options, images)[0].generated_text, kScene);
    const auto says = sentence_of([&] { nano()(scene_chat(), options, images); });
    EXPECT_NE(says.find("0 picture items that name no picture, 1 pictures"), says.npos) << says;
  }
  const auto says = sentence_of([&] { nano()(scene_chat(""), options); });
  EXPECT_NE(says.find("1 picture items that name no picture, 0 pictures"), says.npos) << says;
}

TEST(Pipeline, TheTimeoutEndsASilentServer) {
  const LoopbackServer silent([](const std::string&, const LoopbackServer::Send&) {});
  const auto says = sentence_of([&] { nano()(scene_chat(silent.url("/")), greedy({{"timeout", 0.2}})); });
  EXPECT_NE(says.find(silent.url("/")), says.npos) << says;
}

TEST(Pipeline, TextsAndPicturesWithoutATemplate) {
  const std::string prompt = "[gMASK]<sop><|user|>\n<|begin_of_image|><|image|><|end_of_image|>Describe the picture."
                             "<|assistant|>\n";
  const PipelineOptions options = greedy();
  EXPECT_EQ(nano()(ImagesAndText{{scene_path()}, prompt}, options)[0].generated_text, prompt + kScene);
  const std::string text = read_json_file(golden_path("cases/text_only/case.json"))["prompt"].get<std::string>();
  const auto both = nano()({{{}, text}, {{scene_path()}, prompt}}, options);
  EXPECT_EQ(both.at(0).generated_text, text + golden_text("cases/text_only"));
  EXPECT_EQ(both.at(1).generated_text, prompt + kScene);
  const std::vector<ImagesAndText> swapped = {{{scene_path()}, text}, {{}, prompt}};
  EXPECT_THROW(nano()(swapped, options), Error);
}

TEST(Pipeline, AListOfChatsGivesAListOfAnswers) {
  const Json batch = read_json_file(golden_path("cases/batch/case.json"));
  std::vector<Chat> chats;
  for (const Json& messages : batch["messages"]) {
    chats.push_back(parse_chat(messages.dump(), "batch"));
    for (ContentItem& item : chats.back()[0].items)
      if (item.kind() == ContentKind::image)
        item = ContentItem::image(golden_path("cases/batch/scene.png").string());
  }
  const auto out = nano()(chats, greedy({{"return_full_text", false}}));
  ASSERT_EQ(out.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(out[i].generated_text, batch["text_f32"][i].get<std::string>());
  EXPECT_EQ(nano()(chats, greedy())[1].messages.size(), 2u);
}

TEST(Pipeline, TokenIdsInsteadOfText) {
  const auto out = nano()(scene_chat(), greedy({{"return_tensors", true}}));
  const SafetensorsFile inputs(golden_path("cases/scene/inputs.safetensors"));
  const int64_t prompt = inputs.view("input_ids").shape[1];
  const std::vector<TokenId> answer(out[0].generated_token_ids.begin() + prompt, out[0].generated_token_ids.end());
  EXPECT_EQ(nano().processor().tokenizer().decode(answer, true), kScene);
  EXPECT_TRUE(out[0].json().contains("generated_token_ids"));
  EXPECT_FALSE(out[0].json().contains("generated_text"));
}

TEST(Pipeline, StopsBehindAStopSequence) {
  // "star at" lies across tokens; what the last of them says behind it stays.
  const Json one = {{"return_full_text", false}, {"stop_sequence", "star at"}};
  const auto out = nano()(scene_chat(), greedy(one));
  EXPECT_EQ(out[0].finish, Finish::stop);
  EXPECT_EQ(kScene.rfind(out[0].generated_text, 0), 0u);
  EXPECT_NE(out[0].generated_text.find("star at"), std::string::npos) << out[0].generated_text;
  EXPECT_LE(out[0].generated_text.size(), kScene.find("star at") + 7 + 8);
  const Json two = {{"return_full_text", false}, {"stop_sequence", {"never said", "</think>"}}};
  EXPECT_EQ(nano()(scene_chat(), greedy(two))[0].generated_text, kScene.substr(0, kScene.find("</think>") + 8));
  EXPECT_THROW(nano()(scene_chat(), greedy({{"stop_sequence", ""}})), Error);
}

TEST(Pipeline, SpecialTokensAreSkippedUnlessAsked) {
  const Chat chat = {Message::of("user", "What is 3 plus 4?")};
  const auto kept = nano()(chat, greedy({{"return_full_text", false}, {"skip_special_tokens", false}}));
  const auto skipped = nano()(chat, greedy({{"return_full_text", false}}));
  EXPECT_EQ(skipped[0].generated_text, golden_text("cases/text_only"));
  EXPECT_EQ(kept[0].generated_text.rfind(skipped[0].generated_text, 0), 0u) << kept[0].generated_text;
}

TEST(Pipeline, DefaultsAreTheModelsAnd256Tokens) {
  const PipelineOptions options = nano().options();
  EXPECT_EQ(options.generate.config.max_new_tokens, 256);
  EXPECT_TRUE(options.generate.config.do_sample);
  EXPECT_EQ(options.generate.config.top_k, 2);
  EXPECT_TRUE(options.return_full_text);
  // A call's processor keywords are gone with the next call.
  const size_t whole = nano()(scene_chat(), greedy({{"return_tensors", true}}))[0].generated_token_ids.size();
  const Json size = {{"shortest_edge", 1568}, {"longest_edge", 25088}};
  const Json small = {{"return_tensors", true}, {"processor_kwargs", {{"size", size}}}};
  EXPECT_LT(nano()(scene_chat(), greedy(small))[0].generated_token_ids.size() + 20, whole);
  EXPECT_EQ(nano()(scene_chat(), greedy({{"return_tensors", true}}))[0].generated_token_ids.size(), whole);
}

TEST(Pipeline, SeveralAnswersToOneQuestion) {
  const Chat chat = {Message::of("user", "Hello!")};
  const Json sampled = {{"return_full_text", false}, {"max_new_tokens", 12},
                        {"generate_kwargs", {{"do_sample", true}, {"temperature", 4.0}, {"top_k", 0}, {"top_p", 1.0},
                                             {"num_return_sequences", 3}, {"seed", 3}}}};
  const auto out = nano()(chat, nano().options(sampled));
  ASSERT_EQ(out.size(), 3u);
  EXPECT_NE(out[0].generated_text, out[1].generated_text);
  EXPECT_NE(out[1].generated_text, out[2].generated_text);
  EXPECT_EQ(nano()(chat, nano().options(sampled))[1].generated_text, out[1].generated_text);
}

TEST(GeneratedRows, ArePromptsAndAnswersOfOneLength) {
  EncodedBatch inputs;
  inputs.input_ids = {{9, 1}, {2, 3}};
  GenerateOutput output;
  output.sequences.resize(4);
  for (size_t i = 0; i < 4; ++i) output.sequences[i].ids.assign(i + 1, int32_t(10 + i));
  GenerationConfig config;
  EXPECT_THROW(generated_rows(inputs, output, config), Error);
  config.eos_token_id = {7, 8};
  const auto rows = generated_rows(inputs, output, config);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0], (std::vector<TokenId>{9, 1, 10, 7, 7, 7}));
  EXPECT_EQ(rows[1], (std::vector<TokenId>{9, 1, 11, 11, 7, 7}));
  EXPECT_EQ(rows[3], (std::vector<TokenId>{2, 3, 13, 13, 13, 13}));
  config.pad_token_id = 5;
  EXPECT_EQ(generated_rows(inputs, output, config)[2].back(), 5);
}

}  // namespace
}  // namespace glimpse
