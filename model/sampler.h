// The next token of every sequence, from its logits: the sample op with what generation keeps of each sequence.
#pragma once
#include <cstdint>
#include <vector>

#include "glimpse/core/run.h"
#include "model/arena.h"
#include "model/generation_config.h"

namespace glimpse {

// What the draw of one row depends on, besides its logits.
struct SampleRow {
  const std::vector<int32_t>* ids = nullptr;  // prompt and what was generated: for the repetition penalty
  int32_t stream = 0;                         // its own random numbers, whichever rows stand beside it
  int32_t step = 0;                           // tokens generated so far
  bool forbid_stop = false;                   // the end tokens are not to be chosen yet (min_new_tokens)
};

// Tokens chosen from logits [B, V] (f32 or bf16; those of end tokens are overwritten where forbidden), rows[b] for row
// b.
std::vector<int32_t> sample(Run& run, Arena& arena, const TensorView& logits, const std::vector<SampleRow>& rows,
                            const GenerationConfig& config, uint64_t seed);

}  // namespace glimpse
