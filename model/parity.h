// Parity: everything from the picture to the tokens, compared with what the reference computed.
#pragma once
#include <filesystem>

#include "model/generation_config.h"
#include "model/parity_inputs.h"
#include "model/parity_table.h"

namespace glimpse {

class Parity {
 public:
  // `directory`: the model's, for its tokenizer and processors.
  Parity(Glm4vForConditionalGeneration& model, const std::filesystem::path& directory)
      : model_(model),
        inputs_(directory, model.config()),
        generation_(GenerationConfig::from_pretrained(directory, model.config().text)) {}

  // Runs the golden case in the model's dtype. In f32 a tensor may be 2e-5 away from the reference's, in bf16 (from
  // the reference's f32 tensor) twice as far as the reference's own bf16 tensor is (for logits: all those of the case
  // together); distances are relative, Frobenius norm. Pixels, integers and, in f32, the generated tokens must be
  // equal. Throws Error where the case cannot be read or the model refuses it.
  ParityReport compare(const std::filesystem::path& golden_case);

 private:
  void forward(const GoldenCase& golden, const std::vector<GoldenSequence>& sequences, ParityTable& table);
  Glm4vForConditionalGeneration& model_;
  ParityInputs inputs_;
  GenerationConfig generation_;
};

}  // namespace glimpse
