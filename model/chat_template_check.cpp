#include "glimpse/core/error.h"
#include "model/chat.h"

namespace glimpse {
namespace {

constexpr std::size_t kMaxTemplate = 1 << 20;

// Blanks, line ends and the name of the loop variable do not change what this template prints, apart from the line
// breaks that every known form has alike; the rest of the text is compared through its FNV-1a hash.
std::uint64_t normal_hash(std::string_view text) {
  std::string normal;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') continue;
    normal += text[i];
  }
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"msg", "m"}}) {
    for (std::size_t at = 0; (at = normal.find(from, at)) != std::string::npos;) normal.replace(at, from.size(), to);
  }
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : normal) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

std::string template_text(const std::filesystem::path& directory) {
  const auto plain = directory / "chat_template.jinja";
  if (std::filesystem::exists(plain)) return read_text_file(plain, kMaxTemplate);
  for (const char* file : {"chat_template.json", "tokenizer_config.json"}) {
    if (!std::filesystem::exists(directory / file)) continue;
    const Json json = read_json_file(directory / file);
    const std::string text = JsonObject(json, (directory / file).string() + ": ").string("chat_template", "");
    if (!text.empty()) return text;
  }
  return "";
}

}  // namespace

bool is_known_chat_template(std::string_view text) {
  const std::uint64_t hash = normal_hash(text);
  constexpr std::uint64_t kReleased = 0x856DEEF1016AC812u;  // GLM-4.1V-9B-Thinking
  constexpr std::uint64_t kShort = 0xDE4617A6E6439ACCu;  // the same, with the metadata branch written as one expression
  return hash == kReleased || hash == kShort;
}

std::string check_chat_template(const std::filesystem::path& directory) {
  const std::string text = template_text(directory);
  if (text.empty() || is_known_chat_template(text)) return "";
  return directory.string() + ": the chat template is not the one of GLM-4.1V, whose layout is used nevertheless; "
         "compare the answers before you trust them";
}

}  // namespace glimpse
