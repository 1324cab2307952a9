#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/json.h"

namespace glimpse {

enum class ContentKind { text, image, video, other };

/// One item of a message's content list, with its keys in the order given.
struct ContentItem {
  OrderedJson fields;

  static ContentItem text(const std::string& text);
  /// `source`: a path, URL or data URI; empty for a picture handed over separately.
  static ContentItem image(const std::string& source = "");
  static ContentItem video(const std::string& source = "");

  /// As the chat template decides it: type or key "video", then type or key "image", then type "text".
  ContentKind kind() const;
  /// The text of a text item. Errors: absent or not a string.
  std::string text() const;
  /// Where a picture or video comes from: the first of the keys image (video), url, path, base64; empty if none.
  std::string source() const;
};

/// A message of a chat. Content is plain text or a list of items.
struct Message {
  std::string role;
  bool is_list = false;
  std::string content;             ///< when not a list
  std::vector<ContentItem> items;  ///< when a list
  OrderedJson metadata;            ///< printed behind the assistant's tag when truthy

  static Message of(const std::string& role, const std::string& text);
  static Message of(const std::string& role, std::vector<ContentItem> items);
};

using Chat = std::vector<Message>;

/// Reads a chat: a list of {"role", "content"} objects; OpenAI's {"type": "image_url", "image_url": {"url": ...}}
/// becomes an image (and video_url a video). Errors name the message and the item.
Chat parse_chat(std::string_view json, const std::string& source);
/// The list of messages that parse_chat reads, as plain JSON.
OrderedJson messages_json(const Chat& chat);

/// How a list as content of a system or assistant message is printed (spec 5.1).
enum class ListContent {
  joined,       ///< its texts, one behind the other
  python_repr,  ///< as the reference prints it: [{'type': 'text', 'text': 'A cat.'}]
};

struct ChatOptions {
  bool add_generation_prompt = false;
  bool continue_final_message = false;  ///< cut right behind the last message's text
  ListContent list_content = ListContent::joined;
};

/// The prompt text with unexpanded placeholders. Errors: both ways of ending at once; nothing to continue.
std::string apply_chat_template(const Chat& chat, const ChatOptions& options = {});

/// The pictures (or videos) of a chat's user messages, in the order of their placeholders.
std::vector<ContentItem> media_of(const Chat& chat, ContentKind kind);

/// Python's repr() of a JSON value: quotes, escapes, True/False/None and float spelling included.
std::string python_repr(const OrderedJson& value);

/// Empty when DIR's chat template (chat_template.jinja, chat_template.json or tokenizer_config.json) is the one that
/// apply_chat_template implements, or when there is none; else one sentence that says so.
std::string check_chat_template(const std::filesystem::path& directory);
/// The same for the template's text.
bool is_known_chat_template(std::string_view text);

}  // namespace glimpse
