#include "model/generated_rows.h"

#include <algorithm>

namespace glimpse {

std::vector<std::vector<TokenId>> generated_rows(const EncodedBatch& inputs, const GenerateOutput& output,
                                                 const GenerationConfig& config) {
  const size_t prompts = inputs.input_ids.size(), answers = output.sequences.size();
  GLIMPSE_CHECK(prompts > 0 && answers % prompts == 0, "%zu answers do not belong to %zu prompts", answers, prompts);
  size_t longest = 0;
  for (const GeneratedSequence& s : output.sequences) longest = std::max(longest, s.ids.size());
  std::vector<std::vector<TokenId>> rows;
  for (size_t i = 0; i < answers; ++i) {
    const std::vector<int32_t>& ids = output.sequences[i].ids;
    std::vector<TokenId>& row = rows.emplace_back(inputs.input_ids[i / (answers / prompts)]);
    row.insert(row.end(), ids.begin(), ids.end());
    if (ids.size() == longest) continue;
    GLIMPSE_CHECK(config.pad_token_id || !config.eos_token_id.empty(),
                  "answers of different length need pad_token_id or eos_token_id to be filled with");
    const int64_t pad = config.pad_token_id ? *config.pad_token_id : config.eos_token_id.front();
    row.resize(row.size() + longest - ids.size(), TokenId(pad));
  }
  return rows;
}

}  // namespace glimpse
