#include "model/tokenizer.h"

#include <algorithm>

#include "glimpse/core/error.h"
#include "model/byte_alphabet.h"
#include "model/tokenizer_data.h"
#include "model/unicode.h"

namespace glimpse {
namespace {

constexpr JsonLimits kTokenizerLimits{.max_depth = 32};

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::from_json(std::string_view text, const std::string& source) {
  const Json json = parse_json(text, source, kTokenizerLimits);
  auto data = std::make_unique<Data>();
  data->source = source;
  data->read(JsonObject(json, source + ": "));
  return Tokenizer(std::move(data));
}

Tokenizer Tokenizer::from_pretrained(const std::filesystem::path& directory) {
  const auto path = directory / "tokenizer.json", config = directory / "tokenizer_config.json";
  Tokenizer tokenizer = from_json(read_text_file(path, kTokenizerLimits.max_bytes), path.string());
  if (std::filesystem::exists(config)) {
    const Json json = read_json_file(config);
    tokenizer.data_->read_config(JsonObject(json, config.string() + ": "));
  }
  return tokenizer;
}

std::vector<TokenId> Tokenizer::encode(std::string_view text, bool add_special_tokens) const {
  const Data& data = *data_;
  std::vector<TokenId> ids;
  BytePairMerges::Scratch scratch;
  const std::string valid = to_valid_utf8(text);
  const auto word = [&](std::string_view piece) {
    if (piece.empty()) return;
    if (data.ignore_merges) {
      const auto whole = data.vocabulary.find(spell_bytes(piece));
      if (whole != data.vocabulary.end()) return ids.push_back(whole->second);
    }
    data.merges.encode(piece, data.byte_ids.data(), scratch, ids);
  };
  if (add_special_tokens) ids = data.prefix;
  for (const TextPiece& piece : data.added.split(valid)) {
    if (piece.id >= 0) {
      ids.push_back(piece.id);
      continue;
    }
    std::size_t done = 0;
    if (data.split) {
      Regex::Scanner scanner(*data.split, piece.text);
      for (auto match = scanner.next(0); match.found; match = scanner.next(done)) {
        word(piece.text.substr(done, match.begin - done));
        word(piece.text.substr(match.begin, match.end - match.begin));
        if (match.end == done) break;  // an empty match at the end of what can match
        done = match.end;
      }
    }
    word(piece.text.substr(done));
  }
  if (add_special_tokens) ids.insert(ids.end(), data.suffix.begin(), data.suffix.end());
  return ids;
}

EncodedBatch Tokenizer::batch_encode(const std::vector<std::string>& texts) const {
  std::vector<std::vector<TokenId>> rows;
  for (const std::string& text : texts) rows.push_back(encode(text));
  return pad(std::move(rows));
}

EncodedBatch Tokenizer::pad(std::vector<std::vector<TokenId>> rows) const {
  std::size_t longest = 0;
  for (const auto& row : rows) longest = std::max(longest, row.size());
  EncodedBatch batch;
  for (auto& row : rows) {
    const std::size_t missing = longest - row.size();
    GLIMPSE_CHECK(missing == 0 || data_->pad_id, "%s: rows of different length need a pad token, and "
                  "tokenizer_config.json names none", data_->source.c_str());
    std::vector<std::uint8_t> mask(row.size(), 1);
    const bool left = data_->padding_side == PaddingSide::left;
    if (missing > 0) row.insert(left ? row.begin() : row.end(), missing, *data_->pad_id);
    mask.insert(left ? mask.begin() : mask.end(), missing, 0);
    batch.input_ids.push_back(std::move(row));
    batch.attention_mask.push_back(std::move(mask));
  }
  return batch;
}

std::string Tokenizer::token_bytes(TokenId id) const {
  const auto& tokens = data_->tokens;
  return id >= 0 && static_cast<std::size_t>(id) < tokens.size() ? tokens[static_cast<std::size_t>(id)].bytes : "";
}

bool Tokenizer::is_special(TokenId id) const {
  const auto& tokens = data_->tokens;
  return id >= 0 && static_cast<std::size_t>(id) < tokens.size() && tokens[static_cast<std::size_t>(id)].special;
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool skip_special_tokens) const {
  std::string bytes;
  for (const TokenId id : ids) {
    if (!skip_special_tokens || !is_special(id)) bytes += token_bytes(id);
  }
  return to_valid_utf8(bytes);
}

std::vector<std::string> Tokenizer::batch_decode(const std::vector<std::vector<TokenId>>& rows,
                                                 bool skip_special_tokens) const {
  std::vector<std::string> texts;
  for (const auto& row : rows) texts.push_back(decode(row, skip_special_tokens));
  return texts;
}

std::optional<TokenId> Tokenizer::token_to_id(std::string_view token) const {
  const auto found = data_->vocabulary.find(token);
  return found == data_->vocabulary.end() ? std::nullopt : std::optional<TokenId>(found->second);
}

TokenId Tokenizer::required_id(std::string_view token) const {
  const auto id = token_to_id(token);
  GLIMPSE_CHECK(id, "%s: has no token %.*s, which the model needs; use the tokenizer.json that it was released with",
                data_->source.c_str(), static_cast<int>(token.size()), token.data());
  return *id;
}

std::int64_t Tokenizer::size() const { return static_cast<std::int64_t>(data_->tokens.size()); }
std::optional<TokenId> Tokenizer::pad_id() const { return data_->pad_id; }
PaddingSide Tokenizer::padding_side() const { return data_->padding_side; }

std::string StreamDecoder::push(TokenId id) {
  if (skip_special_tokens_ && tokenizer_->is_special(id)) return "";
  pending_ += tokenizer_->token_bytes(id);
  const std::size_t complete = complete_utf8_prefix(pending_);
  const std::string text = to_valid_utf8(std::string_view(pending_).substr(0, complete));
  pending_.erase(0, complete);
  return text;
}

std::string StreamDecoder::finish() { return to_valid_utf8(std::exchange(pending_, {})); }

}  // namespace glimpse
