// What stands before the model, against the golden inputs: pictures, videos, prompts, token ids.
#pragma once
#include <filesystem>

#include "model/image_processor.h"
#include "model/parity_table.h"
#include "model/prompt.h"
#include "model/tokenizer.h"
#include "model/video_processor.h"

namespace glimpse {

class ParityInputs {
 public:
  // The tokenizer and the processors of a model directory.
  ParityInputs(const std::filesystem::path& directory, const Glm4vConfig& config);

  // Decodes the media files, preprocesses them both ways, renders, expands and encodes the messages; each result must
  // equal the stored one to the bit. Throws Error where a file of the case is missing or unreadable.
  void compare(const GoldenCase& golden, ParityTable& table) const;
  const Tokenizer& tokenizer() const { return tokenizer_; }

 private:
  void pictures(const GoldenCase& golden, const std::vector<std::string>& files, ParityTable& table) const;
  std::vector<VideoPrompt> videos(const GoldenCase& golden, const std::vector<std::string>& files,
                                  ParityTable& table) const;
  void prompts(const GoldenCase& golden, const std::vector<Chat>& chats, const std::vector<VideoPrompt>& videos,
               ParityTable& table) const;

  int64_t merge_;
  Tokenizer tokenizer_;
  ImageProcessorOptions image_;
  VideoProcessorOptions video_;
};

}  // namespace glimpse
