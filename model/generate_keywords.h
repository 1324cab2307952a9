// Keywords of generate() by the reference's names (spec 9.2, 13.8).
#pragma once
#include "model/generate.h"
#include "model/json.h"

namespace glimpse {

// Keywords of a generate() call on top of `options`. Every keyword of the reference is taken, or refused by its name
// unless its value asks for nothing (num_beams 1); any other name is an error. `seed` is taken too, which the reference
// has elsewhere. stop_strings also need GenerateOptions::tokenizer. Errors: one sentence with the keyword's name.
GenerateOptions with_generate_keywords(GenerateOptions options, const Json& keywords);

}  // namespace glimpse
