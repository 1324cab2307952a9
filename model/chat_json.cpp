#include <charconv>

#include "glimpse/core/error.h"
#include "model/chat.h"
#include "model/regex.h"
#include "model/unicode.h"

namespace glimpse {
namespace {

constexpr JsonLimits kChatLimits{.max_bytes = std::size_t{256} << 20,  // pictures may lie inside
                                 .max_depth = 64,
                                 .max_values = std::size_t{1} << 20};

// {"type": "image_url", "image_url": {"url": X}} or {"type": "image_url", "image_url": X} -> {"type": "image", "image":
// X}
OrderedJson from_openai(const OrderedJson& fields, const char* key, const char* type, const std::string& where) {
  OrderedJson url = fields.contains(key) ? fields[key] : OrderedJson();
  if (url.is_object() && url.contains("url")) url = OrderedJson(url["url"]);
  GLIMPSE_CHECK(url.is_string(), "%s: needs a string under \"%s\".\"url\"", where.c_str(), key);
  return {{"type", type}, {type, url}};
}

ContentItem read_item(const OrderedJson& fields, const std::string& where) {
  GLIMPSE_CHECK(fields.is_object(), "%s: must be an object such as {\"type\": \"text\", \"text\": ...}", where.c_str());
  const std::string type =
      fields.contains("type") && fields["type"].is_string() ? fields["type"].get<std::string>() : "";
  if (type == "image_url") return {from_openai(fields, "image_url", "image", where)};
  if (type == "video_url") return {from_openai(fields, "video_url", "video", where)};
  const ContentItem item{fields};
  if (item.kind() == ContentKind::text) {
    GLIMPSE_CHECK(fields.contains("text") && fields["text"].is_string(),
                  "%s: a text item needs a string under \"text\"", where.c_str());
  }
  return item;
}

Message read_message(const OrderedJson& json, const std::string& where) {
  GLIMPSE_CHECK(json.is_object(), "%s: must be an object with \"role\" and \"content\"", where.c_str());
  GLIMPSE_CHECK(json.contains("role") && json["role"].is_string(), "%s: needs a string under \"role\"", where.c_str());
  GLIMPSE_CHECK(json.contains("content"), "%s: needs \"content\"", where.c_str());
  const OrderedJson& content = json["content"];
  Message message;
  message.role = json["role"].get<std::string>();
  if (json.contains("metadata")) message.metadata = json["metadata"];
  if (content.is_string()) {
    message.content = content.get<std::string>();
    return message;
  }
  GLIMPSE_CHECK(content.is_array(), "%s: \"content\" must be a string or a list of items", where.c_str());
  message.is_list = true;
  for (std::size_t i = 0; i < content.size(); ++i) {
    message.items.push_back(read_item(content[i], where + ", item " + std::to_string(i + 1)));
  }
  return message;
}

std::string hexadecimal(char32_t value, int digits) {
  std::string out;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 15];
  return out;
}

bool is_printable(std::string_view character) {
  static const Regex hidden("[\\p{C}\\p{Z}]", "repr");
  return character == " " || !Regex::Scanner(hidden, character).next(0).found;
}

std::string string_repr(const std::string& text) {
  const bool has_single = text.find('\'') != std::string::npos, has_double = text.find('"') != std::string::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string out(1, quote);
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Character c = first_character(rest);
    const std::string_view bytes = rest.substr(0, static_cast<std::size_t>(c.length + c.invalid));
    rest.remove_prefix(bytes.size());
    if (c.length == 1 && (bytes[0] == quote || bytes[0] == '\\')) (out += '\\') += bytes[0];
    else if (c.value == '\n') out += "\\n";
    else if (c.value == '\r') out += "\\r";
    else if (c.value == '\t') out += "\\t";
    else if (c.length > 0 && is_printable(bytes)) out += bytes;
    else if (c.value < 0x100) out += "\\x" + hexadecimal(c.value, 2);
    else if (c.value < 0x10000) out += "\\u" + hexadecimal(c.value, 4);
    else out += "\\U" + hexadecimal(c.value, 8);
  }
  return out + quote;
}

// The shortest digits that read back as the same double, with an exponent below 1e-4 and from 1e16 on.
std::string float_repr(double value) {
  char buffer[64];
  const auto scientific = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string text(buffer, scientific.ptr);
  const int exponent = std::stoi(text.substr(text.find('e') + 1));
  if (exponent < -4 || exponent >= 16) return text;
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  const std::string digits(buffer, fixed.ptr);
  return digits.find('.') == std::string::npos ? digits + ".0" : digits;
}

}  // namespace

Chat parse_chat(std::string_view json, const std::string& source) {
  const OrderedJson list = parse_ordered_json(json, source, kChatLimits);
  const char* hint = list.is_object() && list.contains("messages")
                         ? "; it is an object: give the list that stands under its \"messages\"" : "";
  GLIMPSE_CHECK(list.is_array() && !list.empty(), "%s: must be a list of {\"role\", \"content\"} objects%s",
                source.c_str(), hint);
  Chat chat;
  for (std::size_t i = 0; i < list.size(); ++i) {
    chat.push_back(read_message(list[i], source + ": message " + std::to_string(i + 1)));
  }
  return chat;
}

OrderedJson messages_json(const Chat& chat) {
  OrderedJson list = OrderedJson::array();
  for (const Message& m : chat) {
    OrderedJson message = {{"role", m.role}};
    if (m.is_list) {
      message["content"] = OrderedJson::array();
      for (const ContentItem& item : m.items) message["content"].push_back(item.fields);
    } else {
      message["content"] = m.content;
    }
    if (!m.metadata.is_null()) message["metadata"] = m.metadata;
    list.push_back(std::move(message));
  }
  return list;
}

std::string python_repr(const OrderedJson& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_number_float()) return float_repr(value.get<double>());
  if (value.is_string()) return string_repr(value.get_ref<const std::string&>());
  if (!value.is_structured()) return value.dump();
  std::string out;
  for (const auto& [key, item] : value.items()) {
    if (!out.empty()) out += ", ";
    if (value.is_object()) out += string_repr(key) + ": ";
    out += python_repr(item);
  }
  return value.is_object() ? "{" + out + "}" : "[" + out + "]";
}

}  // namespace glimpse
