// One call: a picture by URL and a question in, only the new text out.
//   example_pipeline MODEL URL QUESTION [KEYWORDS, as JSON]
// The same as a command line:
//   glimpse run -m "$MODEL" --image "$URL" -p "$QUESTION" --max-new-tokens 20
#include <cstdio>

#include "glimpse/core/error.h"
#include "model/pipeline.h"

using namespace glimpse;

static void answer(int argc, char** argv) {
  GLIMPSE_CHECK(argc >= 4, "give a model, the URL of a picture and a question");
  // On a GPU in bf16 where there is one, else on the CPU in f32; PipelineSetup says otherwise.
  Pipeline pipe(argv[1]);
  const Chat messages = {Message::of("user", {ContentItem::image(argv[2]), ContentItem::text(argv[3])})};
  PipelineOptions options = pipe.options({{"max_new_tokens", 20}, {"return_full_text", false}});
  if (argc > 4) options = with_pipeline_keywords(options, parse_json(argv[4], "KEYWORDS"));
  std::puts(pipe(messages, options)[0].generated_text.c_str());
}

int main(int argc, char** argv) {
  try {
    answer(argc, argv);
  } catch (const Error& error) {
    std::fprintf(stderr, "example_pipeline: %s\n", error.what());
    return 1;
  }
}
