#include "batch_lines.h"

#include <algorithm>
#include <charconv>
#include <fstream>

#include "chat_file.h"
#include "glimpse/core/error.h"

namespace glimpse::cli {

namespace {

constexpr const char* kNames[] = {"id", "prompt", "system", "image", "images", "video", "videos"};

void add_media(const JsonObject& line, const char* key, bool image, std::vector<ContentItem>& items) {
  const Json* value = line.find(key);
  if (!value) return;
  const Json list = value->is_array() ? *value : Json::array({*value});
  for (const Json& source : list) {
    GLIMPSE_CHECK(source.is_string(), "%s must be a file name, or a list of them", line.name_of(key).c_str());
    GLIMPSE_CHECK(source != "-", "%s: a batch reads no picture or video from standard input; give a file or URL",
                  line.name_of(key).c_str());
    items.push_back(image ? ContentItem::image(source.get<std::string>())
                          : ContentItem::video(source.get<std::string>()));
  }
}

// A misspelt "image" must not become an answer without the picture.
void check_names(const Json& json, const std::string& where) {
  const bool chat = json.contains("messages");
  for (const auto& [key, value] : json.items()) {
    const bool known = chat ? key == "id" || key == "messages"
                            : std::find(std::begin(kNames), std::end(kNames), key) != std::end(kNames);
    GLIMPSE_CHECK(known, "%s: there is no field \"%s\" %s; \"id\" may hold data of your own", where.c_str(),
                  key.substr(0, 40).c_str(), chat ? "beside \"id\" and \"messages\""
                                                  : "(id, prompt, system, image, images, video, videos; or messages)");
  }
}

}  // namespace

BatchLine parse_batch_line(const std::string& text, int64_t index) {
  const std::string where = "line " + std::to_string(index + 1);
  GLIMPSE_CHECK(text.size() <= kLongestLine, "%s is longer than %zu MiB; name pictures and videos by file or URL",
                where.c_str(), kLongestLine >> 20);
  const Json json = parse_json(text, where);
  const JsonObject line(json, where + ": ");
  BatchLine out{index, nullptr, {}};
  check_names(json, where);
  if (const Json* id = line.find("id")) out.id = OrderedJson::parse(id->dump());
  if (const Json* messages = line.find("messages")) {
    out.chat = parse_chat(messages->dump(), where + ": messages");
    check_understood(out.chat, where + ": messages");
    return out;
  }
  const std::string prompt = line.string("prompt", ""), system = line.string("system", "");
  GLIMPSE_CHECK(!prompt.empty(), "%s has neither \"messages\" nor \"prompt\"", where.c_str());
  if (!system.empty()) out.chat.push_back(Message::of("system", system));
  std::vector<ContentItem> items;
  add_media(line, "image", true, items);
  add_media(line, "images", true, items);
  add_media(line, "video", false, items);
  add_media(line, "videos", false, items);
  items.push_back(ContentItem::text(prompt));
  out.chat.push_back(Message::of("user", items));
  return out;
}

bool read_line(std::istream& in, std::string& line) {
  line.clear();
  bool any = false;
  for (int c; (c = in.rdbuf()->sbumpc()) != std::char_traits<char>::eof();) {
    any = true;
    if (c == '\n') return true;
    if (line.size() <= kLongestLine) line.push_back(char(c));
  }
  return any;
}

Shard parse_shard(const std::string& text) {
  Shard shard;
  const char *begin = text.data(), *end = begin + text.size();
  const auto first = std::from_chars(begin, end, shard.index);
  bool good = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
  if (good) {
    const auto second = std::from_chars(first.ptr + 1, end, shard.count);
    good = second.ec == std::errc() && second.ptr == end;
  }
  GLIMPSE_CHECK(good && shard.count > 0 && shard.index >= 0 && shard.index < shard.count,
                "--shard %s is not I/N with I from 0 to N-1, for example 0/8", text.c_str());
  return shard;
}

Finished finished(const std::filesystem::path& output, const Shard& shard) {
  GLIMPSE_CHECK(!std::filesystem::is_directory(output), "%s: is a directory; name a file in it for --output",
                output.c_str());
  std::ifstream file(output, std::ios::binary);
  if (!file || !std::filesystem::is_regular_file(output)) return {};
  const auto check = [&](bool ours) {
    GLIMPSE_CHECK(ours, "%s holds lines that glimpse batch did not write; choose another --output", output.c_str());
  };
  const std::string begin = R"({"index":)";
  Finished done;
  for (std::string line; std::getline(file, line);) {
    if (file.eof()) {  // without its end: being written when the run ended
      check(line.compare(0, begin.size(), begin, 0, std::min(line.size(), begin.size())) == 0);
      break;
    }
    const Json record = Json::parse(line, nullptr, false);
    check(record.is_object() && record.contains("index") && record["index"].is_number_integer());
    const int64_t index = record["index"].get<int64_t>();
    GLIMPSE_CHECK(shard.has(index), "%s holds a record of line %lld, which is not of --shard %lld/%lld; each shard "
                  "needs an --output of its own", output.c_str(), (long long)index, (long long)shard.index,
                  (long long)shard.count);
    done.last = std::max(done.last, index);
    ++done.records, done.failed += record.contains("error");
    done.bytes += line.size() + 1;
  }
  return done;
}

}  // namespace glimpse::cli
