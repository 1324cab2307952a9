// What the reference's generate() returns: rows of prompt and answer, padded to one length (spec 9.3, 13.8).
#pragma once
#include <cstdint>
#include <vector>

#include "model/generate.h"

namespace glimpse {

// [B * num_return_sequences, S + new]: each row of `inputs` (as the processor padded it) with its answer behind it,
// filled with the pad token, or the first end token where no pad token is known. Throws Error where the number of
// answers is no multiple of the rows', or rows need filling and neither token is known.
std::vector<std::vector<TokenId>> generated_rows(const EncodedBatch& inputs, const GenerateOutput& output,
                                                 const GenerationConfig& config);

}  // namespace glimpse
