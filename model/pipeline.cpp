#include "model/pipeline.h"

#include <algorithm>

#include "model/generated_rows.h"
#include "model/hub.h"

namespace glimpse {

namespace {

constexpr int64_t kDefaultNewTokens = 256;

bool continues(const Chat& chat, const PipelineOptions& options) {
  return options.continue_final_message.value_or(!chat.empty() && chat.back().role == "assistant");
}

// The chat with the new text: behind the last message's text where it was continued, else as a message of its own.
Chat with_answer(Chat chat, const std::string& text, bool continued) {
  if (!continued) {
    chat.push_back(Message::of("assistant", text));
    return chat;
  }
  Message& last = chat.back();
  if (!last.is_list) {
    last.content += text;
    return chat;
  }
  for (auto item = last.items.rbegin(); item != last.items.rend(); ++item)
    if (item->fields.contains("text")) {
      item->fields["text"] = item->text() + text;
      break;
    }
  return chat;
}

size_t count_of(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

// OpenAI's {"type": "image_url"} items as the picture items they mean.
Chat without_openai_items(const Chat& chat) {
  const auto is_openai = [](const ContentItem& item) {
    const auto type = item.fields.find("type");
    return type != item.fields.end() && (*type == "image_url" || *type == "video_url");
  };
  const bool any = std::any_of(chat.begin(), chat.end(), [&](const Message& m) {
    return std::any_of(m.items.begin(), m.items.end(), is_openai);
  });
  return any ? parse_chat(messages_json(chat).dump(), "chat") : chat;
}

}  // namespace

Pipeline::Pipeline(const std::string& model, PipelineSetup setup)
    : directory_(resolve_model(model)),
      config_(Glm4vConfig::from_pretrained(directory_)),
      checkpoint_(Checkpoint::open(directory_)),
      run_(backend(setup.device), std::move(setup.plan), setup.threads),
      model_(checkpoint_, config_, run_,
             setup.dtype.value_or(run_.device().kind == Device::cpu ? DType::f32 : DType::bf16)),
      processor_(Glm4vProcessor::from_pretrained(directory_, config_)),
      defaults_(processor_.options()),
      generation_(GenerationConfig::from_pretrained(directory_, config_.text)) {
  defaults_.set_threads(run_.threads());
}

PipelineOptions Pipeline::options() const {
  PipelineOptions options;
  options.generate.config = generation_;
  options.generate.reuse_prefix = false;  // every call has a cache of its own
  GenerationConfig& c = options.generate.config;
  if (!c.max_new_tokens && !c.max_length) c.max_new_tokens = kDefaultNewTokens;
  options.processor = defaults_;
  return options;
}

ImageInput Pipeline::open(const PipelineImage& image) const {
  if (const auto* pixels = std::get_if<Image>(&image)) return *pixels;
  if (const auto* floats = std::get_if<FloatImage>(&image)) return *floats;
  const ProcessorOptions& p = processor_.options();
  return Glm4vImageProcessor(p.image).load(std::get<std::string>(image), p.fetch);
}

void Pipeline::prepare(const PipelineOptions& options) {
  ProcessorOptions& p = processor_.options();
  p = options.processor;
  p.image.want_pixel_values = p.video.want_pixel_values = false;  // the model takes bytes and tables
  if (options.timeout <= 0) return;
  for (FetchOptions* f : {&p.fetch, &p.limits.fetch}) f->connect_seconds = f->total_seconds = options.timeout;
}

// Records with the answers; what was asked is left to the caller.
std::vector<PipelineResult> Pipeline::generate(const ProcessorOutput& input, const PipelineOptions& options) {
  GenerateOptions o = options.generate;
  o.tokenizer = &processor_.tokenizer();
  o.config.stop_strings.insert(o.config.stop_strings.end(), options.stop_sequence.begin(), options.stop_sequence.end());
  int64_t capacity = 1;
  for (const Prompt& p : input.prompts) {
    const int64_t tokens = int64_t(p.ids.size());
    capacity = std::max(capacity, tokens + o.new_tokens(tokens));
  }
  Generator generator(model_, int(input.prompts.size()) * std::max(o.num_return_sequences, 1), capacity);
  const GenerateOutput output = generator.generate(input.prompts, o);
  std::vector<std::vector<TokenId>> rows;
  if (options.return_tensors) rows = generated_rows(input.encoded, output, o.config);
  std::vector<PipelineResult> results(output.sequences.size());
  for (size_t i = 0; i < results.size(); ++i) {
    results[i].finish = output.sequences[i].finish;
    if (options.return_tensors) results[i].generated_token_ids = std::move(rows[i]);
    else results[i].generated_text = o.tokenizer->decode(output.sequences[i].ids, options.skip_special_tokens);
  }
  return results;
}

std::vector<PipelineResult> Pipeline::operator()(const std::vector<Chat>& chats, const PipelineOptions& options,
                                                 std::span<const PipelineImage> images) {
  GLIMPSE_CHECK(!chats.empty(), "no chat was given; a chat is a list of messages with role and content");
  prepare(options);
  std::vector<Chat> asked;
  for (const Chat& chat : chats) {
    GLIMPSE_CHECK(!chat.empty(), "a chat has no messages; it needs at least one with role and content");
    GLIMPSE_CHECK(continues(chat, options) == continues(chats.front(), options),
                  "some chats end with the assistant's message and some do not; give them in two calls");
    asked.push_back(without_openai_items(chat));
  }
  const bool go_on = continues(chats.front(), options);
  std::vector<ImageInput> pictures;
  for (const PipelineImage& image : images) pictures.push_back(open(image));
  const ProcessorOutput input =
      processor_(asked, {.add_generation_prompt = !go_on, .continue_final_message = go_on}, pictures);
  std::vector<PipelineResult> results = generate(input, options);
  for (size_t i = 0; i < results.size(); ++i) {
    const size_t chat = i / (results.size() / chats.size());
    results[i].input_chat = chats[chat];
    if (options.return_full_text && !options.return_tensors)
      results[i].messages = with_answer(chats[chat], results[i].generated_text, go_on);
  }
  return results;
}

std::vector<PipelineResult> Pipeline::operator()(const std::vector<ImagesAndText>& inputs,
                                                 const PipelineOptions& options) {
  GLIMPSE_CHECK(!inputs.empty(), "no text was given");
  prepare(options);
  std::vector<std::string> texts;
  std::vector<ImageInput> pictures;
  for (const ImagesAndText& input : inputs) {
    const size_t places = count_of(input.text, "<|image|>");
    GLIMPSE_CHECK(places == input.images.size(), "a text has %zu times <|image|>, %zu pictures are given with it",
                  places, input.images.size());
    texts.push_back(input.text);
    for (const PipelineImage& image : input.images) pictures.push_back(open(image));
  }
  std::vector<PipelineResult> results = generate(processor_(texts, pictures), options);
  for (size_t i = 0; i < results.size(); ++i) {
    results[i].input_text = texts[i / (results.size() / texts.size())];
    if (options.return_full_text && !options.return_tensors)
      results[i].generated_text.insert(0, results[i].input_text);
  }
  return results;
}

std::vector<PipelineResult> Pipeline::operator()(const Chat& chat, const PipelineOptions& options,
                                                 std::span<const PipelineImage> images) {
  return (*this)(std::vector<Chat>{chat}, options, images);
}

std::vector<PipelineResult> Pipeline::operator()(const ImagesAndText& input, const PipelineOptions& options) {
  return (*this)(std::vector<ImagesAndText>{input}, options);
}

}  // namespace glimpse
