// A video by URL, a padded batch of one, sampled at temperature 1.
//   example_video MODEL URL QUESTION [KEYWORDS of generate, as JSON]
// The same as a command line:
//   glimpse run -m "$MODEL" --video "$URL" -p "$QUESTION" --max-new-tokens 1024 --temperature 1
#include <cstdio>

#include "glimpse/core/error.h"
#include "model/checkpoint.h"
#include "model/generate_keywords.h"
#include "model/generated_rows.h"
#include "model/hub.h"
#include "model/processor_keywords.h"

using namespace glimpse;

static void answer(int argc, char** argv) {
  GLIMPSE_CHECK(argc >= 4, "give a model, the URL of a video and a question");
  const auto directory = resolve_model(argv[1]);
  const Glm4vConfig config = Glm4vConfig::from_pretrained(directory);
  const Checkpoint checkpoint = Checkpoint::open(directory);
  Run run(backend("auto"));
  const DType dtype = run.device().kind == Device::cpu ? DType::f32 : DType::bf16;
  Glm4vForConditionalGeneration model(checkpoint, config, run, dtype);
  Glm4vProcessor processor = Glm4vProcessor::from_pretrained(directory, config);

  const Chat messages = {Message::of("user", {ContentItem::video(argv[2]), ContentItem::text(argv[3])})};
  const TemplateOptions call = with_template_keywords({.chat = {}, .processor = processor.options()},
                                                      {{"tokenize", true},
                                                       {"add_generation_prompt", true},
                                                       {"return_dict", true},
                                                       {"return_tensors", "pt"},
                                                       {"padding", true}});
  processor.options() = call.processor;
  const ProcessorOutput inputs = processor({messages}, call.chat);

  GenerateOptions options;
  options.config = GenerationConfig::from_pretrained(directory, config.text);
  options = with_generate_keywords(options, {{"max_new_tokens", 1024}, {"do_sample", true}, {"temperature", 1.0}});
  if (argc > 4) options = with_generate_keywords(options, parse_json(argv[4], "KEYWORDS"));
  const size_t prompt = inputs.encoded.input_ids[0].size();
  Generator generator(model, 1, int64_t(prompt) + options.new_tokens(int64_t(prompt)));
  const auto generated_ids =
      generated_rows(inputs.encoded, generator.generate(inputs.prompts, options), options.config);
  std::puts(processor.tokenizer().decode(std::span(generated_ids[0]).subspan(prompt), true).c_str());
}

int main(int argc, char** argv) {
  try {
    answer(argc, argv);
  } catch (const Error& error) {
    std::fprintf(stderr, "example_video: %s\n", error.what());
    return 1;
  }
}
