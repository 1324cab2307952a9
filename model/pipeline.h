// Pipeline: the reference's "image-text-to-text" in one call (spec 13.9).
#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "glimpse/core/run.h"
#include "model/checkpoint.h"
#include "model/generate.h"
#include "model/processor.h"

namespace glimpse {

// What a Pipeline runs on.
struct PipelineSetup {
  std::string device = "auto";  // a GPU where there is one, cpu, cuda
  std::optional<DType> dtype;   // of activations; by default f32 on the CPU, bf16 on a GPU
  Plan plan;                    // variants forced at sites
  int threads = 0;              // of the CPU; 0: all this process may use
};

// Options of one call; Pipeline::options() gives the model's own.
struct PipelineOptions {
  GenerateOptions generate;   // generate_kwargs, max_new_tokens; of the model's generation_config.json, else 256 tokens
  ProcessorOptions processor;  // of the model's files
  bool return_full_text = true;
  bool return_tensors = false;  // generated_token_ids instead of text
  double timeout = 0;           // seconds a URL may take; 0: FetchOptions' own limits
  std::vector<std::string> stop_sequence;  // texts that end an answer, next to the end tokens
  std::optional<bool> continue_final_message;  // unset: where the last message is the assistant's
  bool skip_special_tokens = true;
};

// Keywords of a call on top of `options`, by the reference's names: those of spec 13.9, generate()'s in
// generate_kwargs, the processor's flat or in processor_kwargs. Any other name is an error.
PipelineOptions with_pipeline_keywords(PipelineOptions options, const Json& keywords);

// A path, URL, data: URI or base64 text; or a picture in memory.
using PipelineImage = std::variant<std::string, Image, FloatImage>;

struct ImagesAndText {
  std::vector<PipelineImage> images;  // one for each <|image|> of the text
  std::string text;                   // the prompt as it is: no chat template is applied
};

// One of the reference's records.
struct PipelineResult {
  Chat input_chat;             // input_text of a chat
  std::string input_text;      // input_text of a text
  std::string generated_text;  // new text; for a text with return_full_text, the text before it too
  Chat messages;               // of a chat with return_full_text: the chat with the answer, ready to be given back
  std::vector<TokenId> generated_token_ids;  // with return_tensors: prompt, padded, and answer
  Finish finish = Finish::length;

  // {"input_text", "generated_text"} or {"input_text", "generated_token_ids"}, with chats as lists of messages.
  OrderedJson json() const;
};

class Pipeline {
 public:
  // `model`: a directory, or "org/name" in the local cache. Throws Error where model or device cannot be opened.
  explicit Pipeline(const std::string& model, PipelineSetup setup = {});
  Pipeline(const Pipeline&) = delete;

  PipelineOptions options() const;
  // The same with keywords of a call.
  PipelineOptions options(const Json& keywords) const { return with_pipeline_keywords(options(), keywords); }

  // One record for each answer, num_return_sequences for each input. Pictures given beside chats fill, in order, the
  // items {"type": "image"} that name none. Throws Error where their numbers differ, and as processor and generate do.
  std::vector<PipelineResult> operator()(const std::vector<Chat>& chats, const PipelineOptions& options,
                                         std::span<const PipelineImage> images = {});
  std::vector<PipelineResult> operator()(const std::vector<ImagesAndText>& inputs, const PipelineOptions& options);
  std::vector<PipelineResult> operator()(const Chat& chat, const PipelineOptions& options,
                                         std::span<const PipelineImage> images = {});
  std::vector<PipelineResult> operator()(const ImagesAndText& input, const PipelineOptions& options);

  Glm4vForConditionalGeneration& model() { return model_; }
  Glm4vProcessor& processor() { return processor_; }

 private:
  ImageInput open(const PipelineImage& image) const;
  void prepare(const PipelineOptions& options);
  std::vector<PipelineResult> generate(const ProcessorOutput& input, const PipelineOptions& options);

  std::filesystem::path directory_;
  Glm4vConfig config_;
  Checkpoint checkpoint_;
  glimpse::Run run_;
  Glm4vForConditionalGeneration model_;
  Glm4vProcessor processor_;
  ProcessorOptions defaults_;  // of the files: a call may change those of processor_
  GenerationConfig generation_;
};

}  // namespace glimpse
