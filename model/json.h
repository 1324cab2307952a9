#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace glimpse {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;  // keeps the order of keys, which Python prints and people read

/// What a JSON text from outside may cost. The deepest file of a checkpoint nests 6 levels, the largest (tokenizer.json
/// of the 9B model) has 20 MB and 1.2 million values. An empty object takes 3 bytes of text and 125 parsed.
struct JsonLimits {
  std::size_t max_bytes = std::size_t{64} << 20;
  int max_depth = 64;
  std::size_t max_values = std::size_t{4} << 20;
};

/// Parses JSON text that is not trusted: size, nesting, encoding and number range are checked, NaN and infinities
/// refused. `source` (a file name, or what the text is) begins every error sentence. Errors: glimpse::Error.
Json parse_json(std::string_view text, const std::string& source, const JsonLimits& limits = {});
/// The same, and a name that occurs twice in one object is an error too.
Json parse_unique_json(std::string_view text, const std::string& source, const JsonLimits& limits = {});
OrderedJson parse_ordered_json(std::string_view text, const std::string& source, const JsonLimits& limits = {});

/// Reads at most `max_bytes` of a regular file; a larger, missing or unreadable one is an error that names it.
std::string read_text_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Reads and parses a JSON file (see parse_json).
Json read_json_file(const std::filesystem::path& path, const JsonLimits& limits = {});

/// A JSON object together with the place it came from ("DIR/config.json: text_config."), so that a complaint about any
/// field names file and field. Null counts as absent everywhere (spec 1.5). Does not own the value.
class JsonObject {
 public:
  /// Errors: `value` is not an object.
  JsonObject(const Json& value, std::string where);

  bool has(const char* key) const { return find(key) != nullptr; }
  /// The value, or null when the key is absent or null.
  const Json* find(const char* key) const;
  /// The child object, if present. Errors: present and not an object.
  std::optional<JsonObject> object(const char* key) const;

  /// A whole number within [low, high]; `fallback` when absent. A number with a fraction or exponent is not whole.
  std::int64_t integer(const char* key, std::int64_t fallback, std::int64_t low, std::int64_t high) const;
  std::optional<std::int64_t> optional_integer(const char* key, std::int64_t low, std::int64_t high) const;
  /// A finite number within [low, high]; `fallback` when absent.
  double number(const char* key, double fallback, double low, double high) const;
  bool boolean(const char* key, bool fallback) const;
  std::string string(const char* key, const std::string& fallback) const;
  /// One whole number or a list of at most `max_count`; empty when absent.
  std::vector<std::int64_t> integers(const char* key, std::int64_t low, std::int64_t high, std::size_t max_count) const;
  /// One string or a list of at most `max_count`; empty when absent.
  std::vector<std::string> strings(const char* key, std::size_t max_count) const;
  /// Exactly `count` numbers; empty when absent. A single number stands for `count` equal ones.
  std::vector<double> numbers(const char* key, double low, double high, std::size_t count) const;

  /// "DIR/config.json: text_config.hidden_size", the opening words of an error sentence.
  std::string name_of(const std::string& key) const { return where_ + key; }
  const Json& value() const { return *value_; }

 private:
  const Json* value_;
  std::string where_;
};

}  // namespace glimpse
