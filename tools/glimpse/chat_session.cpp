#include "chat_session.h"

#include <fstream>
#include <span>

#include "chat_file.h"
#include "usage.h"

namespace glimpse::cli {

namespace {

void check_source(const std::string& source) {
  GLIMPSE_CHECK(source != "-", "standard input holds the questions of a chat; give a picture as a file or URL");
}

}  // namespace

ChatSession::ChatSession(OpenModel& open, Glm4vForConditionalGeneration& model, const GenerateOptions& options,
                         int64_t context, std::string system)
    : open_(open), options_(options), generator_(model, 1, context), context_(context), system_(std::move(system)) {
  clear();
}

void ChatSession::clear() {
  chat_.clear();
  attached_.clear();
  pictures_.clear();
  videos_.clear();
  if (!system_.empty()) chat_.push_back(Message::of("system", system_));
}

Image ChatSession::picture(const std::string& source) const {
  const ProcessorOptions& options = open_.processor.options();
  return Glm4vImageProcessor(options.image).load(source, options.fetch);
}

std::shared_ptr<const VideoBatch> ChatSession::video(const std::string& source) const {
  const ProcessorOptions& options = open_.processor.options();
  return std::make_shared<const VideoBatch>(
      Glm4vVideoProcessor(options.video).preprocess(std::span(&source, 1), options.limits));
}

void ChatSession::attach_image(const std::string& source) {
  check_source(source);
  if (!pictures_.count(source)) pictures_.emplace(source, picture(source));
  attached_.push_back(ContentItem::image(source));
}

void ChatSession::attach_video(const std::string& source) {
  check_source(source);
  if (!videos_.count(source)) videos_.emplace(source, video(source));
  attached_.push_back(ContentItem::video(source));
}

ProcessorOutput ChatSession::prepare(const Chat& chat) const {
  // Media are handed over as they were loaded: a file may have changed since, a pipe is empty, decoding takes time.
  std::vector<ImageInput> images;
  std::vector<VideoSource> videos;
  for (const ContentItem& item : media_of(chat, ContentKind::image)) images.emplace_back(pictures_.at(item.source()));
  for (const ContentItem& item : media_of(chat, ContentKind::video)) videos.emplace_back(videos_.at(item.source()));
  const std::vector<std::string> prompt = {apply_chat_template(chat, {.add_generation_prompt = true})};
  return open_.processor(prompt, images, videos);
}

std::string ChatSession::ask(const std::string& text, const GenerateEvents& events) {
  std::vector<ContentItem> items = attached_;
  items.push_back(ContentItem::text(text));
  Chat next = chat_;
  next.push_back(Message::of("user", items));
  const ProcessorOutput input = prepare(next);
  const int64_t tokens = int64_t(input.prompts[0].ids.size());
  GLIMPSE_CHECK(tokens < context_, "the conversation has %lld tokens, --context allows %lld; /clear starts afresh, a "
                "larger --context needs more memory", (long long)tokens, (long long)context_);
  GenerateOptions options = options_;
  options.config.max_new_tokens = std::min(options.new_tokens(tokens), context_ - tokens);
  std::vector<TokenId> ids;
  GenerateEvents seen = events;
  seen.token = [&](size_t sequence, int32_t id) {
    ids.push_back(id);
    return !events.token || events.token(sequence, id);
  };
  stats_ = generator_.generate(input.prompts, options, seen).stats;
  const std::string answer = parse_output(open_.processor.tokenizer().decode(ids, true)).answer;
  chat_ = std::move(next);
  chat_.push_back(Message::of("assistant", answer));
  attached_.clear();
  return answer;
}

void ChatSession::save(const std::filesystem::path& path) const {
  std::ofstream file(path);
  file << json_text(messages_json(chat_));
  file.close();
  GLIMPSE_CHECK(file, "%s: cannot be written; give a file in a directory that you may write to", path.c_str());
}

void ChatSession::load(const std::filesystem::path& path) {
  Chat chat = read_chat(path);
  decltype(pictures_) pictures;
  decltype(videos_) videos;
  for (const ContentItem& item : media_of(chat, ContentKind::image)) {
    GLIMPSE_CHECK(!item.source().empty(), "%s: an image item names no picture", path.c_str());
    if (!pictures.count(item.source())) pictures.emplace(item.source(), picture(item.source()));
  }
  for (const ContentItem& item : media_of(chat, ContentKind::video)) {
    GLIMPSE_CHECK(!item.source().empty(), "%s: a video item names no video", path.c_str());
    if (!videos.count(item.source())) videos.emplace(item.source(), video(item.source()));
  }
  chat_ = std::move(chat);
  pictures_ = std::move(pictures);
  videos_ = std::move(videos);
  attached_.clear();
}

}  // namespace glimpse::cli
