#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/added_tokens.h"
#include "model/bpe.h"
#include "model/json.h"
#include "model/regex.h"
#include "model/tokenizer.h"

namespace glimpse {

/// Everything that tokenizer.json and tokenizer_config.json say, ready for use. Inside the tokenizer only.
struct Tokenizer::Data {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Vocabulary = std::unordered_map<std::string, TokenId, Hash, std::equal_to<>>;
  struct Token {
    std::string bytes;
    bool special = false, known = false;
  };

  std::string source;
  Vocabulary vocabulary;       // spelled tokens, added ones included
  std::vector<Token> tokens;   // by id
  std::array<TokenId, 256> byte_ids{};
  BytePairMerges merges;
  bool ignore_merges = false;
  std::optional<Regex> split;
  AddedTokens added;
  std::vector<TokenId> prefix, suffix;  // of the post-processor
  std::optional<TokenId> pad_id;
  PaddingSide padding_side = PaddingSide::left;

  /// Fills all of the above from tokenizer.json. Errors as Tokenizer::from_json.
  void read(const JsonObject& json);
  /// Pad token and padding side from tokenizer_config.json.
  void read_config(const JsonObject& json);

 private:
  void read_model(const JsonObject& model);
  void read_merges(const Json& list);
  void read_added(const JsonObject& json);
  void read_split(const JsonObject& json);
  void read_post_processor(const JsonObject& json);
  void add_token(const std::string& spelled, TokenId id, bool special);
};

}  // namespace glimpse
