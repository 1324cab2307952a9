#include "model/sampler.h"

#include <algorithm>
#include <limits>

#include "glimpse/ops/sample.h"

namespace glimpse {

namespace {

void forbid(Backend& backend, const TensorView& row, const std::vector<int64_t>& ids) {
  const float least = -std::numeric_limits<float>::infinity();
  const bf16 rounded = to_bf16(least);
  const void* value = row.dtype == DType::f32 ? static_cast<const void*>(&least) : &rounded;
  for (const int64_t id : ids)
    if (id < row.shape[0]) backend.upload(row.slice(0, id, id + 1).data, value, size_t(size_of(row.dtype)));
}

}  // namespace

std::vector<int32_t> sample(Run& run, Arena& arena, const TensorView& logits, const std::vector<SampleRow>& rows,
                            const GenerationConfig& config, uint64_t seed) {
  const int64_t count = int64_t(rows.size());
  std::vector<int32_t> streams, steps, lengths, history;
  size_t longest = 0;
  for (const SampleRow& r : rows) longest = std::max(longest, r.ids->size());
  const bool penalised = config.repetition_penalty != 1;
  for (int64_t b = 0; b < count; ++b) {
    const SampleRow& r = rows[size_t(b)];
    streams.push_back(r.stream), steps.push_back(r.step);
    if (r.forbid_stop) forbid(run.backend(), logits.select(0, b), config.eos_token_id);
    if (!penalised) continue;
    lengths.push_back(int32_t(r.ids->size()));
    history.insert(history.end(), r.ids->begin(), r.ids->end());
    history.resize(size_t(b + 1) * longest);
  }
  op::Sample s;
  s.logits = logits;
  if (penalised) {
    s.history = arena.put("sample.history", history, {count, int64_t(longest)});
    s.history_len = arena.put("sample.history_len", lengths, {count});
  }
  s.stream = arena.put("sample.stream", streams, {count});
  s.step = arena.put("sample.step", steps, {count});
  s.token = arena.get("sample.token", DType::i32, {count});
  s.do_sample = config.do_sample;
  s.temperature = float(config.temperature);
  s.top_k = int(std::min<int64_t>(config.top_k, std::numeric_limits<int>::max()));
  s.top_p = config.top_p, s.min_p = float(config.min_p);
  s.repetition_penalty = float(config.repetition_penalty);
  s.seed = seed;
  run(s, "sample");
  std::vector<int32_t> tokens(rows.size());
  run.backend().download(tokens.data(), s.token.data, tokens.size() * sizeof(int32_t));
  return tokens;
}

}  // namespace glimpse
