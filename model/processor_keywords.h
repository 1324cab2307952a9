// Keywords of Glm4vProcessor's call and of apply_chat_template by the reference's names (spec 13.5).
#pragma once
#include "model/json.h"
#include "model/processor.h"

namespace glimpse {

// Keywords of a call on top of `options`, flat or in images_kwargs, videos_kwargs, text_kwargs and common_kwargs; a
// flat name that pictures and videos share goes to both. Every keyword is taken or refused by its name; any other name
// is an error.
ProcessorOptions with_processor_keywords(ProcessorOptions options, const Json& keywords);

struct TemplateOptions {
  ChatOptions chat;
  ProcessorOptions processor;  // give it to Glm4vProcessor::options()
};

// Keywords of apply_chat_template(tokenize=True): the template's own, and the processor's, flat or in processor_kwargs.
// fps or num_frames without do_sample_frames switch sampling on, as in the reference.
TemplateOptions with_template_keywords(TemplateOptions options, const Json& keywords);

}  // namespace glimpse
