#include "model/parity_generate.h"

#include <algorithm>

#include "glimpse/core/oracle.h"
#include "model/generate.h"

namespace glimpse {

namespace {

using Ids = std::vector<int32_t>;

// Rows of generate.ids [B, n], each up to its end token: what follows is padding.
std::vector<Ids> stored_ids(const SafetensorsFile& file, const GoldenCase& golden, const GenerationConfig& config) {
  const TensorView t = file.view("generate.ids");
  GLIMPSE_CHECK(t.rank == 2 && t.shape[0] == golden.rows && t.shape[1] > 0,
                "%s: generate.ids must be [sequences, tokens]", golden.directory.c_str());
  std::vector<Ids> rows(size_t(t.shape[0]));
  for (int64_t i = 0; i < t.numel(); ++i) rows[size_t(i / t.shape[1])].push_back(int32_t(oracle::get_at(t, i)));
  const auto& ends = config.eos_token_id;
  for (Ids& row : rows) {
    const auto end = std::find_first_of(row.begin(), row.end(), ends.begin(), ends.end());
    if (end != row.end()) row.erase(end + 1, row.end());
  }
  return rows;
}

size_t common(const Ids& a, const Ids& b) {
  const size_t shorter = std::min(a.size(), b.size());
  return size_t(std::mismatch(a.begin(), a.begin() + int64_t(shorter), b.begin()).first - a.begin());
}

int64_t differing(const Ids& got, const Ids& want) {
  int64_t count = int64_t(std::max(got.size(), want.size()) - std::min(got.size(), want.size()));
  for (size_t i = 0; i < std::min(got.size(), want.size()); ++i) count += got[i] != want[i];
  return count;
}

void compare_texts(const Tokenizer& tokenizer, const GoldenCase& golden, const GenerateOutput& output, DType dtype,
                   ParityTable& table) {
  const std::string field = std::string("text_") + name_of(dtype);
  const std::vector<OrderedJson> want = golden.fields(field.c_str());
  int64_t different = 0;
  for (size_t b = 0; b < want.size(); ++b)
    different += want[b] != tokenizer.decode(output.sequences[b].ids, true);
  const bool judged = dtype == DType::f32 || different == 0;
  table.exact(field, {int64_t(want.size())}, different, judged ? "" : "not judged in bf16", judged);
}

}  // namespace

void compare_generation(Glm4vForConditionalGeneration& model, const Tokenizer& tokenizer, GenerationConfig config,
                        const GoldenCase& golden, const std::vector<GoldenSequence>& sequences, ParityTable& table) {
  const StoredTensor* stored = golden.f32.find("generate.ids");
  if (!stored) return;
  const std::vector<Ids> f32 = stored_ids(golden.f32, golden, config);
  const std::vector<Ids> want = golden.bf16 ? stored_ids(*golden.bf16, golden, config) : f32;
  size_t tokens = 0, longest = 0;
  for (size_t b = 0; b < want.size(); ++b) tokens = std::max({tokens, want[b].size(), f32[b].size()});
  std::vector<Prompt> prompts;
  for (const GoldenSequence& s : sequences) {
    prompts.push_back(s.prompt);
    longest = std::max(longest, s.prompt.ids.size());
  }
  config.do_sample = false, config.max_new_tokens = int64_t(tokens);
  GenerateOptions options;
  options.config = config, options.keep_logits = true;
  Generator generator(model, int(prompts.size()), int64_t(longest + tokens));
  const GenerateOutput output = generator.generate(prompts, options);
  for (size_t b = 0; b < want.size() && golden.f32.find("generate.logits"); ++b) {
    const Ids& got = output.sequences[b].ids;
    const size_t same = std::min(common(got, want[b]), common(got, f32[b]));
    const size_t steps = std::min({same + 1, got.size(), want[b].size(), f32[b].size()});
    const auto& logits = output.sequences[b].logits;
    const size_t width = logits.size() / got.size();
    table.add_steps("generate.logits",
                    {{logits.begin(), logits.begin() + int64_t(steps * width)}, int64_t(steps)}, int64_t(b));
  }
  int64_t different = 0;
  for (size_t b = 0; b < want.size(); ++b) different += differing(output.sequences[b].ids, want[b]);
  const bool judged = model.dtype() == DType::f32 || different == 0;
  table.exact("generate.ids", stored->shape, different,
              judged ? "" : "not judged in bf16: logits are compared up to the first", judged);
  compare_texts(tokenizer, golden, output, model.dtype(), table);
}

}  // namespace glimpse
