#include "model/json.h"

#include <cmath>
#include <fstream>
#include <set>

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

// Judged before parsing. Depth: the parser itself is iterative, but whoever walks the result later need not be. Values:
// one begins behind every bracket and every comma, at most; their memory is many times that of a short text.
void check_cost(std::string_view text, const std::string& source, const JsonLimits& limits) {
  const int max_depth = limits.max_depth;
  int depth = 0;
  std::size_t values = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      else if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == ',') {
      ++values;
    } else if (c == '[' || c == '{') {
      ++depth, ++values;
      GLIMPSE_CHECK(depth <= max_depth, "%s: nested more than %d levels deep at byte %zu", source.c_str(), max_depth,
                    i);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  GLIMPSE_CHECK(values <= limits.max_values, "%s: more than the %zu values that are accepted here; shorten it",
                source.c_str(), limits.max_values);
}

// The library's messages open with its own name and number in brackets and may quote megabytes of input. Of a text of
// one line, which has a number of its own in a file of many, they need not count lines.
std::string plain_reason(const char* what, bool one_line) {
  std::string reason = what;
  if (const auto end = reason.find("] "); end != std::string::npos) reason.erase(0, end + 2);
  const std::string first = "line 1, ";
  if (const auto at = reason.find(first); one_line && at < 20) reason.erase(at, first.size());
  constexpr std::size_t kLongest = 200;
  if (reason.size() > kLongest) reason = reason.substr(0, kLongest) + "...";
  for (char& c : reason) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return reason;
}

template <class Value>
Value parse_checked(std::string_view text, const std::string& source, const JsonLimits& limits,
                    const typename Value::parser_callback_t& callback = nullptr) {
  GLIMPSE_CHECK(text.size() <= limits.max_bytes, "%s: %zu bytes of JSON, more than the %zu that are accepted here",
                source.c_str(), text.size(), limits.max_bytes);
  const std::size_t nul = text.find('\0');  // the library takes it for the end and leaves the rest unread
  GLIMPSE_CHECK(nul == text.npos, "%s: not valid JSON (a NUL byte at byte %zu); correct it or fetch it again",
                source.c_str(), nul);
  check_cost(text, source, limits);
  try {
    return Value::parse(text.begin(), text.end(), callback);
  } catch (const nlohmann::json::exception& error) {
    GLIMPSE_CHECK(false, "%s: not valid JSON (%s); correct it or fetch it again", source.c_str(),
                  plain_reason(error.what(), text.find('\n') == text.npos).c_str());
  }
  return {};
}

std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  constexpr std::size_t kLongest = 60;
  return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

std::int64_t whole_number(const Json& value, const std::string& name, std::int64_t low, std::int64_t high) {
  // An unsigned value above the signed range reads as negative through get<int64_t>; it is out of every range anyway.
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  GLIMPSE_CHECK(fits && value.get<std::int64_t>() >= low && value.get<std::int64_t>() <= high,
                "%s: must be a whole number from %lld to %lld, is %s", name.c_str(), static_cast<long long>(low),
                static_cast<long long>(high), shown(value).c_str());
  return value.get<std::int64_t>();
}

double finite_number(const Json& value, const std::string& name, double low, double high) {
  const double number = value.is_number() ? value.get<double>() : NAN;
  GLIMPSE_CHECK(number >= low && number <= high, "%s: must be a number from %g to %g, is %s", name.c_str(), low, high,
                shown(value).c_str());
  return number;
}

}  // namespace

Json parse_json(std::string_view text, const std::string& source, const JsonLimits& limits) {
  return parse_checked<Json>(text, source, limits);
}

Json parse_unique_json(std::string_view text, const std::string& source, const JsonLimits& limits) {
  std::vector<std::set<std::string>> open_objects;
  return parse_checked<Json>(text, source, limits, [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == Json::parse_event_t::object_end) open_objects.pop_back();
    if (event == Json::parse_event_t::key) {
      const bool first = open_objects.back().insert(parsed.get<std::string>()).second;
      GLIMPSE_CHECK(first, "%s: the name %s occurs twice", source.c_str(), shown(parsed).c_str());
    }
    return true;
  });
}

OrderedJson parse_ordered_json(std::string_view text, const std::string& source, const JsonLimits& limits) {
  return parse_checked<OrderedJson>(text, source, limits);
}

std::string read_text_file(const std::filesystem::path& path, std::size_t max_bytes) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  GLIMPSE_CHECK(!error && std::filesystem::is_regular_file(path, error), "%s: cannot be read (%s); check the path",
                path.c_str(), error ? error.message().c_str() : "not a regular file");
  GLIMPSE_CHECK(size <= max_bytes, "%s: %llu bytes, more than the %zu that are accepted here", path.c_str(),
                static_cast<unsigned long long>(size), max_bytes);
  std::string text(size, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(size));
  GLIMPSE_CHECK(file.gcount() == static_cast<std::streamsize>(size), "%s: cannot be read to its end; check permissions",
                path.c_str());
  return text;
}

Json read_json_file(const std::filesystem::path& path, const JsonLimits& limits) {
  return parse_json(read_text_file(path, limits.max_bytes), path.string(), limits);
}

JsonObject::JsonObject(const Json& value, std::string where) : value_(&value), where_(std::move(where)) {
  GLIMPSE_CHECK(value.is_object(), "%s must be a JSON object, is %s", where_.c_str(), shown(value).c_str());
}

const Json* JsonObject::find(const char* key) const {
  const auto found = value_->find(key);
  return found == value_->end() || found->is_null() ? nullptr : &*found;
}

std::optional<JsonObject> JsonObject::object(const char* key) const {
  const Json* child = find(key);
  if (!child) return std::nullopt;
  GLIMPSE_CHECK(child->is_object(), "%s: must be a JSON object, is %s", name_of(key).c_str(), shown(*child).c_str());
  return JsonObject(*child, where_ + key + ".");
}

std::int64_t JsonObject::integer(const char* key, std::int64_t fallback, std::int64_t low, std::int64_t high) const {
  return optional_integer(key, low, high).value_or(fallback);
}

std::optional<std::int64_t> JsonObject::optional_integer(const char* key, std::int64_t low, std::int64_t high) const {
  const Json* child = find(key);
  if (!child) return std::nullopt;
  return whole_number(*child, name_of(key), low, high);
}

double JsonObject::number(const char* key, double fallback, double low, double high) const {
  const Json* child = find(key);
  return child ? finite_number(*child, name_of(key), low, high) : fallback;
}

bool JsonObject::boolean(const char* key, bool fallback) const {
  const Json* child = find(key);
  if (!child) return fallback;
  GLIMPSE_CHECK(child->is_boolean(), "%s: must be true or false, is %s", name_of(key).c_str(), shown(*child).c_str());
  return child->get<bool>();
}

std::string JsonObject::string(const char* key, const std::string& fallback) const {
  const Json* child = find(key);
  if (!child) return fallback;
  GLIMPSE_CHECK(child->is_string(), "%s: must be a string, is %s", name_of(key).c_str(), shown(*child).c_str());
  return child->get<std::string>();
}

std::vector<std::string> JsonObject::strings(const char* key, std::size_t max_count) const {
  const Json* value = find(key);
  if (!value) return {};
  const Json list = value->is_array() ? *value : Json::array({*value});
  std::vector<std::string> out;
  for (const Json& item : list) {
    GLIMPSE_CHECK(item.is_string() && list.size() <= max_count, "%s: must be a string or a list of at most %zu strings",
                  name_of(key).c_str(), max_count);
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::vector<std::int64_t> JsonObject::integers(const char* key, std::int64_t low, std::int64_t high,
                                               std::size_t max_count) const {
  const Json* child = find(key);
  if (!child) return {};
  if (!child->is_array()) return {whole_number(*child, name_of(key), low, high)};
  GLIMPSE_CHECK(child->size() <= max_count, "%s: must list at most %zu numbers, lists %zu", name_of(key).c_str(),
                max_count, child->size());
  std::vector<std::int64_t> result;
  for (const Json& item : *child) result.push_back(whole_number(item, name_of(key), low, high));
  return result;
}

std::vector<double> JsonObject::numbers(const char* key, double low, double high, std::size_t count) const {
  const Json* child = find(key);
  if (!child) return {};
  if (!child->is_array()) return std::vector<double>(count, finite_number(*child, name_of(key), low, high));
  GLIMPSE_CHECK(child->size() == count, "%s: must list %zu numbers, lists %zu", name_of(key).c_str(), count,
                child->size());
  std::vector<double> result;
  for (const Json& item : *child) result.push_back(finite_number(item, name_of(key), low, high));
  return result;
}

}  // namespace glimpse
