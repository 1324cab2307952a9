// A conversation: what was said, the pictures loaded for it, and the cache that holds its beginning.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "model/generate.h"
#include "model/output_parser.h"
#include "model_options.h"

namespace glimpse::cli {

class ChatSession {
 public:
  // `context`: tokens of the whole conversation, answers included.
  ChatSession(OpenModel& open, Glm4vForConditionalGeneration& model, const GenerateOptions& options, int64_t context,
              std::string system);

  // For the next question. A picture is loaded at once, a video decoded and cut into patches: at most 141 MB at the
  // released model's longest_edge. Each is kept until clear(). Throws Error where it cannot be read.
  void attach_image(const std::string& source);
  void attach_video(const std::string& source);
  // Asks and keeps the answer, without the thoughts before it, as the makers' programs do. The texts arrive through
  // events.token. Where it throws, the conversation is what it was.
  std::string ask(const std::string& text, const GenerateEvents& events);
  // Drops what was said; the system message stays.
  void clear();
  // The conversation as JSON messages, which --messages of `glimpse run` takes too. Throw Error naming the file.
  void save(const std::filesystem::path& path) const;
  void load(const std::filesystem::path& path);

  const GenerateStats& stats() const { return stats_; }  // of the last answer
  size_t messages() const { return chat_.size(); }

 private:
  ProcessorOutput prepare(const Chat& chat) const;
  Image picture(const std::string& source) const;
  std::shared_ptr<const VideoBatch> video(const std::string& source) const;
  OpenModel& open_;
  GenerateOptions options_;
  Generator generator_;
  int64_t context_;
  std::string system_;
  Chat chat_;
  std::vector<ContentItem> attached_;
  std::map<std::string, Image> pictures_;                              // by source
  std::map<std::string, std::shared_ptr<const VideoBatch>> videos_;  // by source
  GenerateStats stats_;
};

}  // namespace glimpse::cli
