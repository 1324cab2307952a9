#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace glimpse {

using TokenId = std::int32_t;

enum class PaddingSide { left, right };

/// Rows of equal length; `attention_mask` is 1 where a token is real.
struct EncodedBatch {
  std::vector<std::vector<TokenId>> input_ids;
  std::vector<std::vector<std::uint8_t>> attention_mask;
};

/// Byte-level BPE from tokenizer.json (spec 6), equal to the reference's fast tokenizer: added tokens are cut out first
/// (leftmost, longest), the rest is split by the file's regular expression and merged by rank. Const calls are
/// thread-safe.
class Tokenizer {
 public:
  /// Reads DIR/tokenizer.json and, if there, DIR/tokenizer_config.json (pad token, padding side).
  /// Errors: damaged files, and every feature of the format that would change ids and is not implemented, by name.
  static Tokenizer from_pretrained(const std::filesystem::path& directory);
  /// From the contents of tokenizer.json; `source` opens every error sentence.
  static Tokenizer from_json(std::string_view text, const std::string& source);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// `add_special_tokens` applies the file's post-processor, which for this family adds nothing. Invalid UTF-8 in
  /// `text` counts as U+FFFD, as in decode.
  std::vector<TokenId> encode(std::string_view text, bool add_special_tokens = true) const;
  /// Rows padded to the longest. Errors: no pad token known and rows of different length.
  EncodedBatch batch_encode(const std::vector<std::string>& texts) const;
  EncodedBatch pad(std::vector<std::vector<TokenId>> rows) const;

  /// UTF-8 text; every maximal invalid piece is one U+FFFD; ids without a token are left out.
  std::string decode(std::span<const TokenId> ids, bool skip_special_tokens = false) const;
  std::vector<std::string> batch_decode(const std::vector<std::vector<TokenId>>& rows,
                                        bool skip_special_tokens = false) const;
  /// The bytes one token stands for, not necessarily whole characters; empty for an unknown id.
  std::string token_bytes(TokenId id) const;

  /// The id of a token as the vocabulary spells it ("<|image|>"; bytes in the GPT-2 alphabet).
  std::optional<TokenId> token_to_id(std::string_view token) const;
  /// The same, and its absence is an error that names the token and the file.
  TokenId required_id(std::string_view token) const;
  bool is_special(TokenId id) const;
  /// One more than the largest id.
  std::int64_t size() const;
  std::optional<TokenId> pad_id() const;
  PaddingSide padding_side() const;

 private:
  struct Data;
  explicit Tokenizer(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

/// Turns ids into text as they arrive. The pieces joined equal decode() of all ids; no piece ends within a character.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer, bool skip_special_tokens = true)
      : tokenizer_(&tokenizer), skip_special_tokens_(skip_special_tokens) {}

  /// The text that this id completes; often empty inside a character of several tokens.
  std::string push(TokenId id);
  /// What is left: an unfinished character becomes U+FFFD.
  std::string finish();

 private:
  const Tokenizer* tokenizer_;
  bool skip_special_tokens_;
  std::string pending_;
};

}  // namespace glimpse
