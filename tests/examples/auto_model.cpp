// Step by step: model and processor opened, a chat with a picture by URL, generation, decoding of what is new.
//   example_auto_model MODEL URL QUESTION [KEYWORDS of generate, as JSON]
// The same as a command line:
//   glimpse run -m "$MODEL" --image "$URL" -p "$QUESTION" --max-new-tokens 128
#include <cstdio>

#include "glimpse/core/error.h"
#include "model/checkpoint.h"
#include "model/generate_keywords.h"
#include "model/generated_rows.h"
#include "model/hub.h"
#include "model/processor_keywords.h"

using namespace glimpse;

static void answer(int argc, char** argv) {
  GLIMPSE_CHECK(argc >= 4, "give a model, the URL of a picture and a question");
  const auto directory = resolve_model(argv[1]);
  const Glm4vConfig config = Glm4vConfig::from_pretrained(directory);
  const Checkpoint checkpoint = Checkpoint::open(directory);
  Run run(backend("auto"));  // Plan::add("attention=...") chooses the attention kernel, instead of attn_implementation
  const DType dtype = run.device().kind == Device::cpu ? DType::f32 : DType::bf16;
  Glm4vForConditionalGeneration model(checkpoint, config, run, dtype);
  Glm4vProcessor processor = Glm4vProcessor::from_pretrained(directory, config);

  const Chat messages = {Message::of("user", {ContentItem::image(argv[2]), ContentItem::text(argv[3])})};
  const TemplateOptions call = with_template_keywords(
      {.chat = {}, .processor = processor.options()},
      {{"add_generation_prompt", true}, {"tokenize", true}, {"return_dict", true}, {"return_tensors", "pt"}});
  processor.options() = call.processor;
  const ProcessorOutput inputs = processor({messages}, call.chat);

  GenerateOptions options;
  options.config = GenerationConfig::from_pretrained(directory, config.text);
  options = with_generate_keywords(options, {{"max_new_tokens", 128}});
  if (argc > 4) options = with_generate_keywords(options, parse_json(argv[4], "KEYWORDS"));
  const size_t prompt = inputs.encoded.input_ids[0].size();
  Generator generator(model, 1, int64_t(prompt) + options.new_tokens(int64_t(prompt)));
  auto generated_ids = generated_rows(inputs.encoded, generator.generate(inputs.prompts, options), options.config);
  for (auto& row : generated_ids) row.erase(row.begin(), row.begin() + int64_t(prompt));
  for (const std::string& text : processor.tokenizer().batch_decode(generated_ids, true)) std::puts(text.c_str());
}

int main(int argc, char** argv) {
  try {
    answer(argc, argv);
  } catch (const Error& error) {
    std::fprintf(stderr, "example_auto_model: %s\n", error.what());
    return 1;
  }
}
