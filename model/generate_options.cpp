// What a generation is asked for, and what it tells of itself.
#include "model/generate.h"

namespace glimpse {

const char* name_of(Finish finish) {
  constexpr const char* kNames[] = {"stop", "length", "time", "cancelled"};
  return kNames[int(finish)];
}

GenerateStats& GenerateStats::operator+=(const GenerateStats& o) {
  if (sequences == 0) first_token_seconds = o.first_token_seconds;
  prompt_tokens += o.prompt_tokens, reused_tokens += o.reused_tokens, new_tokens += o.new_tokens;
  decode_steps += o.decode_steps, patches += o.patches, sequences += o.sequences;
  attended_tokens += o.attended_tokens, vision_seconds += o.vision_seconds;
  prefill_seconds += o.prefill_seconds, decode_seconds += o.decode_seconds;
  return *this;
}

int64_t GenerateOptions::new_tokens(int64_t prompt_tokens) const {
  if (config.max_new_tokens) return *config.max_new_tokens;
  if (!config.max_length) return 20;
  GLIMPSE_CHECK(*config.max_length > prompt_tokens, "max_length is %lld, the prompt alone has %lld tokens; set "
                "max_new_tokens instead", (long long)*config.max_length, (long long)prompt_tokens);
  return *config.max_length - prompt_tokens;
}

}  // namespace glimpse
