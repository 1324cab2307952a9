#include "glimpse/core/error.h"
#include "model/byte_alphabet.h"
#include "model/tokenizer_data.h"
#include "model/unicode.h"

namespace glimpse {
namespace {

constexpr std::int64_t kMaxId = (1 << 21) - 1;  // ten times the largest known vocabulary
constexpr std::size_t kMaxAdded = 8192;

// A feature that would change ids and is not implemented must not be passed over.
void refuse_if(bool present, const JsonObject& json, const char* key, const char* what) {
  GLIMPSE_CHECK(!present, "%s: %s is not supported; use the tokenizer.json that the model was released with",
                json.name_of(key).c_str(), what);
}

void refuse_model_options(const JsonObject& model) {
  GLIMPSE_CHECK(model.string("type", "BPE") == "BPE", "%s: must be BPE", model.name_of("type").c_str());
  refuse_if(model.number("dropout", 0.0, 0.0, 1.0) > 0, model, "dropout", "random merging");
  refuse_if(model.boolean("byte_fallback", false), model, "byte_fallback", "byte fallback");
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix", "unk_token"}) {
    refuse_if(!model.string(key, "").empty(), model, key, "this option");
  }
}

}  // namespace

void Tokenizer::Data::add_token(const std::string& spelled, TokenId id, bool special) {
  const auto [entry, first] = vocabulary.emplace(spelled, id);
  GLIMPSE_CHECK(first || entry->second == id, "%s: token \"%s\" has two ids, %d and %d", source.c_str(),
                spelled.substr(0, 60).c_str(), entry->second, id);
  if (static_cast<std::size_t>(id) >= tokens.size()) tokens.resize(static_cast<std::size_t>(id) + 1);
  Token& token = tokens[static_cast<std::size_t>(id)];
  GLIMPSE_CHECK(!token.known || !first, "%s: two tokens have the id %d", source.c_str(), id);
  token = {bytes_of_spelling(spelled), special || token.special, true};
}

void Tokenizer::Data::read_merges(const Json& list) {
  merges = BytePairMerges(list.size());
  std::int32_t rank = 0;
  for (const Json& item : list) {
    std::string left, right;
    const bool pair = item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string();
    if (pair) {
      left = item[0].get<std::string>();
      right = item[1].get<std::string>();
    } else if (item.is_string()) {
      const auto& text = item.get_ref<const std::string&>();
      const std::size_t space = text.find(' ');
      left = text.substr(0, space);
      right = space == std::string::npos ? "" : text.substr(space + 1);
    }
    const auto a = vocabulary.find(left), b = vocabulary.find(right), merged = vocabulary.find(left + right);
    GLIMPSE_CHECK(a != vocabulary.end() && b != vocabulary.end() && merged != vocabulary.end(),
                  "%s: model.merges[%d] is not a pair of tokens whose union is a token", source.c_str(), rank);
    merges.add(a->second, b->second, rank++, merged->second);
  }
}

void Tokenizer::Data::read_model(const JsonObject& model) {
  refuse_model_options(model);
  ignore_merges = model.boolean("ignore_merges", false);
  const auto vocab = model.object("vocab");
  GLIMPSE_CHECK(vocab, "%s is missing", model.name_of("vocab").c_str());
  vocabulary.reserve(vocab->value().size());
  for (const auto& [spelled, id] : vocab->value().items()) {
    const bool whole = id.is_number_unsigned() && id.get<std::uint64_t>() <= std::uint64_t{kMaxId};
    GLIMPSE_CHECK(whole, "%s: the id of \"%s\" must be a whole number from 0 to %lld", source.c_str(),
                  spelled.substr(0, 60).c_str(), static_cast<long long>(kMaxId));
    add_token(spelled, id.get<TokenId>(), false);
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char raw = static_cast<char>(byte);
    const auto found = vocabulary.find(spell_bytes({&raw, 1}));
    GLIMPSE_CHECK(found != vocabulary.end(),
                  "%s: model.vocab has no token for the byte 0x%02x, so it cannot encode any text", source.c_str(),
                  byte);
    byte_ids[byte] = found->second;
  }
  const Json* list = model.find("merges");
  GLIMPSE_CHECK(list && list->is_array() && list->size() <= std::size_t{1} << 22, "%s: must be a list of pairs",
                model.name_of("merges").c_str());
  read_merges(*list);
}

void Tokenizer::Data::read_added(const JsonObject& json) {
  const Json* list = json.find("added_tokens");
  if (!list) return;
  GLIMPSE_CHECK(list->is_array() && list->size() <= kMaxAdded, "%s: must be a list of at most %zu tokens",
                json.name_of("added_tokens").c_str(), kMaxAdded);
  for (std::size_t i = 0; i < list->size(); ++i) {
    const JsonObject item((*list)[i], json.name_of("added_tokens[") + std::to_string(i) + "].");
    AddedToken token;
    token.content = item.string("content", "");
    token.id = static_cast<TokenId>(item.integer("id", -1, 0, kMaxId));
    token.special = item.boolean("special", false);
    token.single_word = item.boolean("single_word", false);
    token.lstrip = item.boolean("lstrip", false);
    token.rstrip = item.boolean("rstrip", false);
    token.normalized = item.boolean("normalized", !token.special);
    GLIMPSE_CHECK(token.id >= 0, "%s is missing", item.name_of("id").c_str());
    if (token.content.empty()) continue;
    add_token(token.content, token.id, token.special);
    added.add(std::move(token));
  }
}

void Tokenizer::Data::read_split(const JsonObject& json) {
  refuse_if(json.has("normalizer"), json, "normalizer", "a normalizer");
  const auto pre = json.object("pre_tokenizer");
  GLIMPSE_CHECK(pre, "%s is missing", json.name_of("pre_tokenizer").c_str());
  std::vector<JsonObject> steps{*pre};
  if (pre->string("type", "") == "Sequence") {
    steps.clear();
    const Json* list = pre->find("pretokenizers");
    GLIMPSE_CHECK(list && list->is_array(), "%s: must be a list", pre->name_of("pretokenizers").c_str());
    for (const Json& item : *list) steps.emplace_back(item, pre->name_of("pretokenizers."));
  }
  const std::string last = steps.empty() ? "" : steps.back().string("type", "");
  GLIMPSE_CHECK(last == "ByteLevel" && steps.size() <= 2, "%s: must be one Split and ByteLevel",
                json.name_of("pre_tokenizer").c_str());
  refuse_if(steps.back().boolean("add_prefix_space", true), steps.back(), "add_prefix_space", "a prefix space");
  refuse_if(steps.back().boolean("use_regex", true), steps.back(), "use_regex", "a second regular expression");
  if (steps.size() == 1) return;
  const JsonObject& step = steps.front();
  GLIMPSE_CHECK(step.string("type", "") == "Split", "%s: must be Split", step.name_of("type").c_str());
  refuse_if(step.string("behavior", "") != "Isolated", step, "behavior", "any value but Isolated");
  refuse_if(step.boolean("invert", false), step, "invert", "an inverted split");
  const auto pattern = step.object("pattern");
  const std::string regex = pattern ? pattern->string("Regex", "") : "";
  GLIMPSE_CHECK(!regex.empty() && regex.size() <= 4096, "%s: must hold a regular expression under the key Regex",
                step.name_of("pattern").c_str());
  split.emplace(regex, source);
}

void Tokenizer::Data::read_post_processor(const JsonObject& json) {
  const auto post = json.object("post_processor");
  if (!post) return;
  std::vector<JsonObject> steps{*post};
  if (post->string("type", "") == "Sequence") {
    steps.clear();
    const Json* list = post->find("processors");
    GLIMPSE_CHECK(list && list->is_array(), "%s: must be a list", post->name_of("processors").c_str());
    for (const Json& item : *list) steps.emplace_back(item, post->name_of("processors."));
  }
  for (const JsonObject& step : steps) {
    const std::string type = step.string("type", "");
    if (type == "ByteLevel") continue;  // changes offsets only
    refuse_if(type != "TemplateProcessing", step, "type", "any value but ByteLevel and TemplateProcessing");
    const Json* single = step.find("single");
    GLIMPSE_CHECK(single && single->is_array(), "%s: must be a list", step.name_of("single").c_str());
    std::vector<TokenId>* side = &prefix;
    for (const Json& item : *single) {
      const JsonObject part(item, step.name_of("single."));
      const auto special = part.object("SpecialToken");
      if (!special) {
        side = &suffix;
        continue;
      }
      const auto found = vocabulary.find(special->string("id", ""));
      GLIMPSE_CHECK(found != vocabulary.end(), "%s: is no token of this file", special->name_of("id").c_str());
      side->push_back(found->second);
    }
  }
}

void Tokenizer::Data::read(const JsonObject& json) {
  const auto model = json.object("model");
  GLIMPSE_CHECK(model, "%s is missing; is this a tokenizer.json?", json.name_of("model").c_str());
  read_model(*model);
  read_added(json);
  read_split(json);
  const auto decoder = json.object("decoder");
  GLIMPSE_CHECK(decoder && decoder->string("type", "") == "ByteLevel", "%s: must be ByteLevel",
                json.name_of("decoder.type").c_str());
  read_post_processor(json);
}

void Tokenizer::Data::read_config(const JsonObject& json) {
  const std::string side = json.string("padding_side", "left");
  GLIMPSE_CHECK(side == "left" || side == "right", "%s: must be left or right", json.name_of("padding_side").c_str());
  padding_side = side == "left" ? PaddingSide::left : PaddingSide::right;
  const Json* pad = json.find("pad_token");
  if (!pad) return;
  const std::string content = pad->is_object() ? JsonObject(*pad, json.name_of("pad_token.")).string("content", "")
                                               : json.string("pad_token", "");
  const auto found = vocabulary.find(content);
  GLIMPSE_CHECK(found != vocabulary.end(), "%s: \"%s\" is no token of tokenizer.json",
                json.name_of("pad_token").c_str(), content.substr(0, 60).c_str());
  pad_id = found->second;
}

}  // namespace glimpse
