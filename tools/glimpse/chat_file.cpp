#include "chat_file.h"

#include <filesystem>

#include "glimpse/core/error.h"
#include "model/fetch.h"

namespace glimpse::cli {

void check_understood(const Chat& chat, const std::string& source) {
  for (size_t i = 0; i < chat.size(); ++i) {
    const Message& m = chat[i];
    GLIMPSE_CHECK(m.role == "system" || m.role == "user" || m.role == "assistant",
                  "%s: message %zu: the model knows no role \"%s\"; use system, user or assistant", source.c_str(),
                  i + 1, m.role.substr(0, 40).c_str());
    for (size_t k = 0; k < m.items.size(); ++k) {
      const ContentKind kind = m.items[k].kind();
      GLIMPSE_CHECK(kind != ContentKind::other,
                    "%s: message %zu, item %zu: \"type\" must be text, image, video, image_url or video_url",
                    source.c_str(), i + 1, k + 1);
      GLIMPSE_CHECK(kind == ContentKind::text || m.role == "user",
                    "%s: message %zu, item %zu: the model sees pictures and videos of the user only, not of the %s",
                    source.c_str(), i + 1, k + 1, m.role.c_str());
    }
  }
}

Chat read_chat(const std::string& path) {
  GLIMPSE_CHECK(path == "-" || std::filesystem::exists(path),
                "%s: no such file; it should hold a JSON list of {\"role\", \"content\"} objects", path.c_str());
  const std::vector<uint8_t> bytes = fetch(path);
  const std::string source = source_name(path);
  const Chat chat = parse_chat({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, source);
  check_understood(chat, source);
  return chat;
}

}  // namespace glimpse::cli
