#include "model/chat.h"

#include <algorithm>

#include "glimpse/core/error.h"
#include "model/unicode.h"

namespace glimpse {
namespace {

constexpr const char* kImage = "<|begin_of_image|><|image|><|end_of_image|>";
constexpr const char* kVideo = "<|begin_of_video|><|video|><|end_of_video|>";

std::string joined_text(const Message& message) {
  std::string text;
  for (const ContentItem& item : message.items) {
    if (item.kind() == ContentKind::text) text += item.text();
  }
  return text;
}

std::string plain_content(const Message& message, ListContent list_content) {
  if (!message.is_list) return message.content;
  if (list_content == ListContent::joined) return joined_text(message);
  OrderedJson list = OrderedJson::array();
  for (const ContentItem& item : message.items) list.push_back(item.fields);
  return python_repr(list);
}

std::string user_content(const Message& message) {
  if (!message.is_list) return message.content;
  std::string out;
  for (const ContentItem& item : message.items) {
    const ContentKind kind = item.kind();
    if (kind == ContentKind::video) out += kVideo;
    else if (kind == ContentKind::image) out += kImage;
    else if (kind == ContentKind::text) out += item.text();
  }
  return out;
}

bool is_truthy(const OrderedJson& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

std::string metadata_text(const OrderedJson& value) {
  if (!is_truthy(value)) return "";
  return value.is_string() ? value.get<std::string>() : python_repr(value);
}

// White space as Python's strip() sees it: Unicode's, and the four separators 0x1C to 0x1F.
bool is_python_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// Python's strip().
std::string strip(const std::string& text) {
  std::size_t first = std::string::npos, last = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character c = first_character(std::string_view(text).substr(at));
    const auto length = static_cast<std::size_t>(c.length + c.invalid);
    if (c.length == 0 || !is_python_space(c.value)) {
      first = std::min(first, at);
      last = at + length;
    }
    at += length;
  }
  return first == std::string::npos ? "" : text.substr(first, last - first);
}

// Rendered behind the text to continue, so that the prompt can be cut there, white space kept.
constexpr const char* kContinueTag = "CONTINUE_FINAL_MESSAGE_TAG";

// Puts the tag behind the message's last text and returns that text.
std::string mark_text_to_continue(Message& message) {
  if (!message.is_list) {
    const std::string text = message.content;
    message.content += kContinueTag;
    return text;
  }
  for (auto item = message.items.rbegin(); item != message.items.rend(); ++item) {
    if (!item->fields.contains("text")) continue;
    const std::string text = item->text();
    item->fields["text"] = text + kContinueTag;
    return text;
  }
  GLIMPSE_FAIL("continue_final_message: the last message has no text to continue");
}

bool has_type(const OrderedJson& fields, const char* type) {
  const auto found = fields.find("type");
  return found != fields.end() && found->is_string() && found->get_ref<const std::string&>() == type;
}

}  // namespace

ContentItem ContentItem::text(const std::string& text) { return {{{"type", "text"}, {"text", text}}}; }

ContentItem ContentItem::image(const std::string& source) {
  OrderedJson fields = {{"type", "image"}};
  if (!source.empty()) fields["image"] = source;
  return {fields};
}

ContentItem ContentItem::video(const std::string& source) {
  OrderedJson fields = {{"type", "video"}};
  if (!source.empty()) fields["video"] = source;
  return {fields};
}

ContentKind ContentItem::kind() const {
  if (has_type(fields, "video") || fields.contains("video")) return ContentKind::video;
  if (has_type(fields, "image") || fields.contains("image")) return ContentKind::image;
  return has_type(fields, "text") ? ContentKind::text : ContentKind::other;
}

std::string ContentItem::text() const {
  const auto found = fields.find("text");
  GLIMPSE_CHECK(found != fields.end() && found->is_string(), "a text item of a message needs a string under \"text\"");
  return found->get<std::string>();
}

std::string ContentItem::source() const {
  for (const char* key : {kind() == ContentKind::video ? "video" : "image", "url", "path", "base64"}) {
    const auto found = fields.find(key);
    if (found != fields.end() && found->is_string()) return found->get<std::string>();
  }
  return "";
}

Message Message::of(const std::string& role, const std::string& text) {
  return {.role = role, .is_list = false, .content = text, .items = {}, .metadata = nullptr};
}

Message Message::of(const std::string& role, std::vector<ContentItem> items) {
  return {.role = role, .is_list = true, .content = "", .items = std::move(items), .metadata = nullptr};
}

namespace {

std::string render(const Chat& chat, const ChatOptions& options) {
  std::string out = "[gMASK]<sop>";
  for (const Message& message : chat) {
    if (message.role == "system") {
      out += "<|system|>\n" + plain_content(message, options.list_content);
    } else if (message.role == "user") {
      out += "<|user|>\n" + user_content(message);
    } else if (message.role == "assistant") {
      out += "<|assistant|>" + metadata_text(message.metadata) + "\n" + plain_content(message, options.list_content);
    }
  }
  if (options.add_generation_prompt) out += "<|assistant|>\n";
  return out;
}

}  // namespace

std::string apply_chat_template(const Chat& chat, const ChatOptions& options) {
  GLIMPSE_CHECK(!(options.add_generation_prompt && options.continue_final_message),
                "add_generation_prompt and continue_final_message exclude each other");
  if (!options.continue_final_message) return render(chat, options);
  GLIMPSE_CHECK(!chat.empty(), "continue_final_message: the chat is empty");
  Chat marked = chat;
  const std::string text = mark_text_to_continue(marked.back());
  const std::string prompt = render(marked, options);
  const std::size_t end = prompt.rfind(kContinueTag);
  // As in the reference, a text that a printed list escapes cannot be continued.
  GLIMPSE_CHECK(end != std::string::npos && prompt.find(strip(text)) != std::string::npos,
                "continue_final_message: the last message (role \"%s\") is not part of the prompt",
                chat.back().role.substr(0, 40).c_str());
  return prompt.substr(0, end);
}

std::vector<ContentItem> media_of(const Chat& chat, ContentKind kind) {
  std::vector<ContentItem> media;
  for (const Message& message : chat) {
    if (message.role != "user") continue;
    for (const ContentItem& item : message.items) {
      if (item.kind() == kind) media.push_back(item);
    }
  }
  return media;
}

}  // namespace glimpse
