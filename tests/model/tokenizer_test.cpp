#include "model/tokenizer.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "glimpse/core/error.h"
#include "model/json.h"
#include "model/regex.h"

namespace glimpse {
namespace {

const std::string kData = GLIMPSE_TEST_DATA;

Json tiny_tokenizer() {
  Json json = read_json_file(kData + "/nano/tokenizer.json");
  return json;
}

std::string error_of(const Json& json) {
  try {
    Tokenizer::from_json(json.dump(), "t.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

struct GoldenFiles {
  const char* tokenizer;
  const char* cases;
};
class TokenizerGolden : public testing::TestWithParam<GoldenFiles> {};

TEST_P(TokenizerGolden, EncodesAndDecodesAsTheReference) {
  const std::string file = kData + GetParam().tokenizer;
  const Tokenizer tokenizer = Tokenizer::from_json(read_text_file(file, 1 << 24), file);
  const Json cases = read_json_file(kData + GetParam().cases);
  ASSERT_GT(cases.size(), 100u);
  for (const Json& item : cases) {
    const auto ids = item["ids"].get<std::vector<TokenId>>();
    if (item.contains("text")) {
      EXPECT_EQ(tokenizer.encode(item["text"].get<std::string>()), ids) << item["text"];
    }
    EXPECT_EQ(tokenizer.decode(ids), item["decoded"].get<std::string>());
    EXPECT_EQ(tokenizer.decode(ids, true), item["decoded_skip_special"].get<std::string>());
    for (const bool skip : {false, true}) {
      StreamDecoder stream(tokenizer, skip);
      std::string text;
      for (const TokenId id : ids) text += stream.push(id);
      EXPECT_EQ(text + stream.finish(), tokenizer.decode(ids, skip));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TokenizerGolden,
                         testing::Values(GoldenFiles{"/nano/tokenizer.json", "/golden/tokenizer/nano.json"},
                                         GoldenFiles{"/golden/tokenizer/bpe8k/tokenizer.json",
                                                     "/golden/tokenizer/bpe8k/cases.json"}));

TEST(Tokenizer, StreamNeverEndsWithinACharacter) {
  const Tokenizer tokenizer = Tokenizer::from_pretrained(kData + "/nano");
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    StreamDecoder stream(tokenizer);
    std::vector<TokenId> ids;
    std::string text;
    for (int i = 0; i < 20; ++i) {
      ids.push_back(static_cast<TokenId>(random() % 256));  // single bytes: broken characters of every kind
      const std::string piece = stream.push(ids.back());
      EXPECT_NO_THROW(Json(piece).dump());                  // the strict writer refuses half a character
      text += piece;
    }
    EXPECT_EQ(text + stream.finish(), tokenizer.decode(ids, true));
  }
}

TEST(Tokenizer, InvalidInputCountsAsReplacementCharacters) {
  const Tokenizer tokenizer = Tokenizer::from_pretrained(kData + "/nano");
  EXPECT_EQ(tokenizer.encode("a\xE4\xBD z\xFF"), tokenizer.encode("a\uFFFD z\uFFFD"));
}

TEST(Tokenizer, LongRunsTakeNoMoreThanTheyMust) {
  const Tokenizer tokenizer = Tokenizer::from_pretrained(kData + "/nano");
  for (const char* unit : {" ", "a", "\n", "1", "!", "\xE2\x80\x83"}) {
    std::string text;
    for (int i = 0; i < 300000; ++i) text += unit;
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
}

TEST(Tokenizer, PadsOnTheLeft) {
  const Tokenizer tokenizer = Tokenizer::from_pretrained(kData + "/nano");
  const EncodedBatch batch = tokenizer.batch_encode({"a", "one two three"});
  ASSERT_EQ(batch.input_ids[0].size(), batch.input_ids[1].size());
  EXPECT_EQ(batch.input_ids[0].front(), tokenizer.required_id("<|endoftext|>"));
  EXPECT_EQ(batch.input_ids[0].back(), tokenizer.encode("a").back());
  EXPECT_EQ(batch.attention_mask[0].front(), 0);
  EXPECT_EQ(batch.attention_mask[0].back(), 1);
  EXPECT_EQ(batch.attention_mask[1], std::vector<std::uint8_t>(batch.input_ids[1].size(), 1));
}

TEST(Tokenizer, AddedTokenOptions) {
  Json json = tiny_tokenizer();
  const auto add = [&](const char* content, int id, const char* option) {
    Json token = {{"content", content}, {"id", id}, {"special", false}, {"normalized", false}};
    token[option] = true;
    json["added_tokens"].push_back(token);
  };
  add("<L>", 800, "lstrip");
  add("<R>", 801, "rstrip");
  add("<W>", 802, "single_word");
  add("<think>ing", 803, "special");
  add("<N>", 804, "normalized");
  const Tokenizer tokenizer = Tokenizer::from_json(json.dump(), "t.json");
  const auto a = tokenizer.encode("a")[0];
  EXPECT_EQ(tokenizer.encode("a  <L>a"), (std::vector<TokenId>{a, 800, a}));
  EXPECT_EQ(tokenizer.encode("a<R> \u3000 a"), (std::vector<TokenId>{a, 801, a}));
  EXPECT_EQ(tokenizer.encode("<W>"), (std::vector<TokenId>{802}));
  EXPECT_NE(tokenizer.encode("\u00e9<W>").back(), 802);
  EXPECT_EQ(tokenizer.encode("<think>ing"), (std::vector<TokenId>{803}));
  EXPECT_EQ(tokenizer.encode("<N>"), (std::vector<TokenId>{804}));
  EXPECT_EQ(tokenizer.decode(std::vector<TokenId>{803, 804}, true), "<N>");
}

TEST(Tokenizer, PostProcessorTemplate) {
  Json json = tiny_tokenizer();
  json["post_processor"] = {{"type", "TemplateProcessing"},
                            {"single",
                             {{{"SpecialToken", {{"id", "[gMASK]"}, {"type_id", 0}}}},
                              {{"SpecialToken", {{"id", "<sop>"}, {"type_id", 0}}}},
                              {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}}};
  const Tokenizer tokenizer = Tokenizer::from_json(json.dump(), "t.json");
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("hi")), "[gMASK]<sop>hi");
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("hi", false)), "hi");
}

TEST(Tokenizer, PatternsTakeTimeInProportionToTheText) {
  const std::string at = "/pre_tokenizer/pretokenizers/0/pattern/Regex";
  const std::string released = tiny_tokenizer()[Json::json_pointer(at)];
  const Regex regex(released, "t.json");
  for (const std::string unit : {" ", "\n", " \t", "a", "1", "!", "\n ", "\xe3\x80\x80"}) {
    std::string text;
    while (text.size() < 1000000) text += unit;
    for (const char* end : {"", "x"}) {
      const std::string whole = text + end;
      Regex::Scanner scanner(regex, whole);
      EXPECT_TRUE(scanner.next(0).found) << unit;
    }
  }
  for (const char* hostile : {"(?:a|aa)+[bc]", "a*a*a*a*a*a*a*a*a*a*[bc]"}) {
    Json json = tiny_tokenizer();
    json[Json::json_pointer(at)] = hostile;
    const Tokenizer tokenizer = Tokenizer::from_json(json.dump(), "t.json");
    const std::clock_t begin = std::clock();
    std::string says;
    try {
      tokenizer.encode(std::string(66, 'a'));
    } catch (const Error& error) {
      says = error.what();
    }
    EXPECT_LT(double(std::clock() - begin) / CLOCKS_PER_SEC, 0.5) << hostile;  // of this process alone
    EXPECT_NE(says.find("t.json"), std::string::npos) << says;
    EXPECT_NE(says.find("too many steps"), std::string::npos) << says;
    EXPECT_NE(says.find("use the tokenizer.json that came with the model"), std::string::npos) << says;
  }
}

TEST(Tokenizer, RefusesWhatWouldChangeIds) {
  EXPECT_EQ(error_of(tiny_tokenizer()), "");
  const auto broken = [](const char* pointer, const Json& value) {
    Json json = tiny_tokenizer();
    json[Json::json_pointer(pointer)] = value;
    return error_of(json);
  };
  EXPECT_NE(broken("/normalizer", {{"type", "NFC"}}).find("normalizer"), std::string::npos);
  EXPECT_NE(broken("/model/byte_fallback", true).find("byte fallback"), std::string::npos);
  EXPECT_NE(broken("/model/type", "Unigram").find("BPE"), std::string::npos);
  EXPECT_NE(broken("/model/vocab/!", -1).find("id of"), std::string::npos);
  EXPECT_NE(broken("/model/vocab/!", 1).find("two tokens"), std::string::npos);
  EXPECT_NE(broken("/model/vocab/!", 4000000000u).find("id of"), std::string::npos);
  EXPECT_NE(broken("/model/merges/0", "only-one").find("merges[0]"), std::string::npos);
  EXPECT_NE(broken("/pre_tokenizer/pretokenizers/0/behavior", "Removed").find("behavior"), std::string::npos);
  EXPECT_NE(broken("/pre_tokenizer/pretokenizers/0/pattern/Regex", "(").find("does not compile"), std::string::npos);
  EXPECT_NE(broken("/pre_tokenizer/pretokenizers/1/use_regex", true).find("use_regex"), std::string::npos);
  EXPECT_NE(broken("/decoder", nullptr).find("decoder"), std::string::npos);
  EXPECT_NE(broken("/added_tokens/0/id", 745).find("two"), std::string::npos);
  Json no_byte = tiny_tokenizer();
  no_byte["model"]["vocab"].erase("!");
  EXPECT_NE(error_of(no_byte).find("byte 0x21"), std::string::npos);
  const Tokenizer tokenizer = Tokenizer::from_pretrained(kData + "/nano");
  EXPECT_THROW(tokenizer.required_id("<|no such token|>"), Error);
}

}  // namespace
}  // namespace glimpse
