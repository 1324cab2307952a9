#include "model/generate.h"

#include <algorithm>
#include <chrono>

#include "model/fingerprint.h"
#include "model/sampler.h"

namespace glimpse {

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

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
      slots_(size_t(slots)) {}

// Brings the longest beginning of the prompt that any slot holds into this one; returns its length. kPrefillRows are
// left to compute.
int64_t Generator::reuse(int slot, const Prompt& prompt, const SequenceLayout& layout, std::vector<uint64_t> frames) {
  CachedPrefix& held = slots_[size_t(slot)];
  const int64_t most = int64_t(prompt.ids.size()) - kPrefillRows;
  int64_t kept = held.common(prompt, layout, frames, most);
  for (int other = 0; other < int(slots_.size()); ++other) {
    const int64_t longer = slots_[size_t(other)].common(prompt, layout, frames, most);
    if (longer <= kept) continue;
    kept = longer;
    cache_.copy(other, slot, kept);
    held.ids = slots_[size_t(other)].ids;
  }
  held.cut(kept);
  held.frames = std::move(frames);
  return kept;
}

// Runs the prompt into the slot, in chunks; returns the logits of its last token [1, V].
TensorView Generator::fill(int slot, const Prompt& prompt, const SequenceLayout& layout, const GenerateOptions& options,
                           const std::function<void(int64_t)>& progress, GenerateStats& stats) {
  CachedPrefix& held = slots_[size_t(slot)];
  Run& run = model_.run();
  const int64_t rows = int64_t(prompt.ids.size());
  const double start = now();
  if (!options.reuse_prefix) held = {};
  const int64_t kept = options.reuse_prefix ? reuse(slot, prompt, layout, fingerprints(prompt)) : 0;
  // The first vision row still needed, and the frame that it lies in.
  int64_t need = layout.vision_rows, base = 0;
  for (int64_t m = kept; m < rows && need == layout.vision_rows; ++m)
    if (layout.vision_row[size_t(m)] >= 0) need = layout.vision_row[size_t(m)];
  const int64_t merge = model_.config().vision.spatial_merge_size;
  size_t skip = 0;
  for (const Grid& f : frames_of(prompt.vision.grids)) {
    const int64_t tokens = f.patches() / (merge * merge);
    if (base + tokens > need) break;
    base += tokens, ++skip;
  }
  TextBatch batch;
  if (need < layout.vision_rows) {
    batch.vision = model_.encode(prompt, skip);
    run.backend().synchronize();
    stats.patches += batch.vision.shape[0] * merge * merge;
  }
  const double seen = now();
  stats.vision_seconds += seen - start;
  TensorView normed;
  const int64_t chunk_rows = std::max(options.prefill_chunk, 2 * kPrefillRows);
  for (int64_t first = kept; first < rows;) {
    // Chunks of equal size, so that the last is not a short one.
    const int64_t chunks = (rows - first + chunk_rows - 1) / chunk_rows, count = (rows - first + chunks - 1) / chunks;
    std::vector<int32_t> vision_rows(layout.vision_row.begin() + first, layout.vision_row.begin() + first + count);
    for (int32_t& r : vision_rows) r = r < 0 ? r : r - int32_t(base);
    TextBatch chunk;
    chunk.vision = batch.vision;
    chunk.add(slot, first, std::span(prompt.ids).subspan(size_t(first), size_t(count)),
              std::span(layout.positions).subspan(size_t(3 * first), size_t(3 * count)), vision_rows);
    normed = model_.text().forward(run, model_.arena(), chunk, cache_, model_.dtype());
    if (count >= kPrefillRows) held.ids.insert(held.ids.end(), chunk.ids.begin(), chunk.ids.end());
    held.used = first += count;
    if (progress) run.backend().synchronize(), progress(count);
  }
  const TensorView last = normed.slice(0, normed.shape[0] - 1, normed.shape[0]);
  const TensorView logits = model_.text().logits(run, model_.arena(), last);
  run.backend().synchronize();
  stats.prefill_seconds += now() - seen;
  stats.prompt_tokens += rows;
  stats.reused_tokens += kept;
  return logits;
}

void Generator::prefill(const Prompt& prompt, const GenerateOptions& options) {
  GenerateStats stats;
  fill(0, prompt, model_.layout(prompt), options, nullptr, stats);
}

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
  const double time = now() - started_;
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
TensorView Generator::step(const std::vector<Live*>& rows) {
  TextBatch batch;
  for (Live* l : rows) {
    CachedPrefix& held = slots_[size_t(l->slot)];
    const int32_t position[] = {l->next_position, l->next_position, l->next_position};
    batch.add(l->slot, held.used++, {&l->ids.back(), 1}, position);
    ++l->next_position;
  }
  const TensorView normed = model_.text().forward(model_.run(), model_.arena(), batch, cache_, model_.dtype());
  return model_.text().logits(model_.run(), model_.arena(), normed);
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
  started_ = now();
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
    choose(logits, {&all[i]}, options, events, out);
  }
  const double start = now();
  for (;;) {
    std::vector<Live*> rows;
    for (Live& l : all)
      if (l.limit > 0) rows.push_back(&l);
    if (rows.empty()) break;
    for (size_t first = 0; first < rows.size(); first += kDecodeRows) {
      const auto end = rows.begin() + int64_t(std::min(first + kDecodeRows, rows.size()));
      const std::vector<Live*> group(rows.begin() + int64_t(first), end);
      for (const Live* l : group) out.stats.attended_tokens += int64_t(l->ids.size());
      choose(step(group), group, options, events, out);
      ++out.stats.decode_steps;
    }
  }
  out.stats.decode_seconds = now() - start;
  return out;
}

}  // namespace glimpse
