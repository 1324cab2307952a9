#include "model/generate.h"

#include <algorithm>

#include "model/clock.h"
#include "model/sampler.h"

namespace glimpse {

// A sequence on its way.
struct Generator::Live {
  int slot;
  std::vector<int32_t> ids;  // prompt and new tokens
  int32_t next_position;     // of the token behind the last one
  int64_t limit;             // new tokens
  GeneratedSequence* out;
  StopStrings stops;
  int64_t thought = -1;      // tokens since <think>; -1: not thinking
  size_t closing = 0;        // tokens of ThinkingBudget::close still to force

  // The token that stands in for `id` when a thought is over its budget.
  int32_t within_budget(int32_t id, const ThinkingBudget& budget) {
    const bool over = thought >= budget.tokens && id != budget.end && !budget.close.empty();
    if (thought >= 0 && over) thought = -1, closing = budget.close.size();
    if (closing > 0) return budget.close[budget.close.size() - closing--];
    if (id == budget.end) thought = -1;
    else if (thought >= 0) ++thought;  // an `open` within a thought opens no other
    else if (id == budget.open) thought = 0;
    return id;
  }
};

Generator::Generator(Glm4vForConditionalGeneration& model, int slots, int64_t capacity)
    : model_(model),
      cache_(model.run().backend(), model.dtype(), slots, int(model.config().text.num_hidden_layers),
             int(model.config().text.num_key_value_heads), capacity, int(model.config().text.head_dim())),
      decode_(model, cache_),
      slots_(size_t(slots)) {}

// Chooses the next token of each row and says of each whether it is over.
void Generator::choose(const TensorView& logits, const std::vector<Live*>& rows, const GenerateOptions& options,
                       const GenerateEvents& events, GenerateOutput& out) {
  Run& run = model_.run();
  std::vector<SampleRow> samples;
  for (const Live* l : rows) {
    const auto done = int64_t(l->out->ids.size());
    const bool too_short = done < options.config.min_new_tokens || int64_t(l->ids.size()) < options.config.min_length;
    samples.push_back({&l->ids, options.same_draws ? 0 : l->slot, int32_t(done), too_short});
  }
  if (options.keep_logits)
    for (size_t b = 0; b < rows.size(); ++b)
      append_rows(run.backend(), logits.slice(0, int64_t(b), int64_t(b) + 1), rows[b]->out->logits);
  const auto tokens = sample(run, model_.arena(), logits, samples, options.config, options.seed);
  const double time = host_seconds() - started_;
  if (out.stats.new_tokens == 0) out.stats.first_token_seconds = time;
  const auto& ends = options.config.eos_token_id;
  for (size_t b = 0; b < rows.size(); ++b) {
    Live& l = *rows[b];
    const int32_t id = options.thinking ? l.within_budget(tokens[b], *options.thinking) : tokens[b];
    l.ids.push_back(id), l.out->ids.push_back(id);
    ++out.stats.new_tokens;
    const bool ended =
        l.stops.push(id) || (!options.ignore_eos && std::find(ends.begin(), ends.end(), id) != ends.end());
    const bool go_on = !events.token || events.token(size_t(l.slot), id);
    if (ended) l.out->finish = Finish::stop;
    else if (!go_on) l.out->finish = Finish::cancelled;
    else if (int64_t(l.out->ids.size()) >= l.limit) l.out->finish = Finish::length;
    else if (options.config.max_time > 0 && time >= options.config.max_time) l.out->finish = Finish::time;
    else continue;
    l.limit = 0;
  }
}

// Feeds the newest token of each row; returns the logits [rows, V].
TensorView Generator::step(const std::vector<Live*>& rows, const GenerateOptions& options) {
  TextBatch batch;
  for (Live* l : rows) {
    CachedPrefix& held = slots_[size_t(l->slot)];
    const int32_t position[] = {l->next_position, l->next_position, l->next_position};
    batch.add(l->slot, held.used++, {&l->ids.back(), 1}, position);
    ++l->next_position;
  }
  return decode_.run(batch, options.replay);
}

// Each prompt several times over, each time with random numbers of its own.
GenerateOutput Generator::generate_several(const std::vector<Prompt>& prompts, GenerateOptions options,
                                           const GenerateEvents& events) {
  GLIMPSE_CHECK(options.num_return_sequences > 0, "num_return_sequences is %d, at least 1 is needed",
                options.num_return_sequences);
  GLIMPSE_CHECK(options.config.do_sample, "num_return_sequences is %d, but without do_sample all answers are equal",
                options.num_return_sequences);
  std::vector<Prompt> repeated;
  for (const Prompt& p : prompts) repeated.insert(repeated.end(), size_t(options.num_return_sequences), p);
  options.num_return_sequences = 1;
  return generate(repeated, options, events);
}

GenerateOutput Generator::generate(const std::vector<Prompt>& prompts, const GenerateOptions& options,
                                   const GenerateEvents& events) {
  if (options.num_return_sequences != 1) return generate_several(prompts, options, events);
  GLIMPSE_CHECK(prompts.size() <= slots_.size(), "%zu answers were asked of a generator of %zu slots", prompts.size(),
                slots_.size());
  GLIMPSE_CHECK(options.prefill_chunk > 0, "prefill_chunk is %lld, it must be positive",
                (long long)options.prefill_chunk);
  started_ = host_seconds();
  GenerateOutput out;
  out.sequences.resize(prompts.size());
  out.stats.sequences = int64_t(prompts.size());
  std::vector<SequenceLayout> layouts;
  std::vector<Live> all;
  int64_t total = 0, done = 0;
  for (size_t i = 0; i < prompts.size(); ++i) {
    const int64_t tokens = int64_t(prompts[i].ids.size()), limit = options.new_tokens(tokens);
    layouts.push_back(model_.layout(prompts[i]));
    GLIMPSE_CHECK(limit > 0, "max_new_tokens is %lld, at least 1 is needed", (long long)limit);
    GLIMPSE_CHECK(tokens + limit - 1 <= cache_.capacity(),
                  "prompt (%lld tokens) and answer (up to %lld) do not fit into "
                  "the cache of %lld tokens",
                  (long long)tokens, (long long)limit, (long long)cache_.capacity());
    all.push_back({int(i), prompts[i].ids, layouts[i].next, limit, &out.sequences[i],
                   StopStrings(options.config.stop_strings, options.tokenizer)});
    total += tokens;
  }
  for (size_t i = 0; i < prompts.size(); ++i) {
    const int64_t before = done;
    const auto progress = [&](int64_t count) { events.prefill(done += count, total); };
    const TensorView logits = fill(int(i), prompts[i], layouts[i], options,
                                   events.prefill ? std::function<void(int64_t)>(progress) : nullptr, out.stats);
    done = before + int64_t(prompts[i].ids.size());
    const Run::Phase phase(model_.run(), "prefill");
    choose(logits, {&all[i]}, options, events, out);
  }
  const double start = host_seconds();
  const Run::Phase phase(model_.run(), "decode");
  for (;;) {
    std::vector<Live*> rows;
    for (Live& l : all)
      if (l.limit > 0) rows.push_back(&l);
    if (rows.empty()) break;
    for (size_t first = 0; first < rows.size(); first += kDecodeRows) {
      const auto end = rows.begin() + int64_t(std::min(first + kDecodeRows, rows.size()));
      const std::vector<Live*> group(rows.begin() + int64_t(first), end);
      for (const Live* l : group) out.stats.attended_tokens += int64_t(l->ids.size());
      choose(step(group, options), group, options, events, out);
      ++out.stats.decode_steps;
    }
  }
  out.stats.decode_seconds = host_seconds() - start;
  return out;
}

}  // namespace glimpse
