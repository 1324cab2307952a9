// The greedy continuation and the logits behind it (the path through the KV cache), against a golden case.
#pragma once
#include "model/generation_config.h"
#include "model/parity_table.h"
#include "model/tokenizer.h"

namespace glimpse {

// Generates as many tokens as the case holds, all its sequences side by side. Logits are compared up to the first token
// that differs; in bf16, where near ties may fall otherwise, differing tokens are shown and not judged. Compares
// nothing where the case holds no continuation.
void compare_generation(Glm4vForConditionalGeneration& model, const Tokenizer& tokenizer, GenerationConfig config,
                        const GoldenCase& golden, const std::vector<GoldenSequence>& sequences, ParityTable& table);

}  // namespace glimpse
