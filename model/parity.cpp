#include "model/parity.h"

#include "model/parity_generate.h"
#include "model/parity_observer.h"

namespace glimpse {

namespace {

// Rows of "logits" for each sequence; all where the golden tensor has them all.
int kept_logits(const GoldenCase& golden) {
  const StoredTensor* logits = golden.f32.find("logits");
  return logits && logits->shape.size() == 3 && logits->shape[1] < golden.length ? int(logits->shape[1]) : 0;
}

// Positions [3, B, S] and deltas [B, 1]; where attention_mask is 0 a position means nothing.
void compare_positions(const GoldenCase& golden, const std::vector<GoldenSequence>& sequences,
                       const Glm4vConfig& config, ParityTable& table) {
  const std::vector<int64_t> want = golden.integers("position_ids", 3), deltas = golden.integers("rope_deltas", 2);
  GLIMPSE_CHECK(int64_t(want.size()) == 3 * golden.rows * golden.length && int64_t(deltas.size()) == golden.rows,
                "%s: position_ids must be [3, B, S] and rope_deltas [B, 1] for input_ids [B, S]",
                (golden.directory / "inputs.safetensors").c_str());
  int64_t different = 0, wrong_deltas = 0;
  for (int64_t b = 0; b < golden.rows; ++b) {
    const GoldenSequence& s = sequences[size_t(b)];
    const SequenceLayout layout = layout_sequence(s.prompt.ids, s.prompt.images, s.prompt.videos, config);
    for (size_t t = 0; t < s.columns.size(); ++t)
      for (int64_t axis = 0; axis < 3; ++axis)
        different += layout.positions[3 * t + size_t(axis)] !=
                     want[size_t((axis * golden.rows + b) * golden.length + s.columns[t])];
    // The reference counts the padding as tokens.
    const int64_t padding = golden.length - int64_t(s.columns.size());
    wrong_deltas += layout.rope_delta() - padding != deltas[size_t(b)];
  }
  table.exact("position_ids", {3, golden.rows, golden.length}, different);
  table.exact("rope_deltas", {golden.rows, 1}, wrong_deltas);
}

}  // namespace

void Parity::forward(const GoldenCase& golden, const std::vector<GoldenSequence>& sequences, ParityTable& table) {
  for (size_t b = 0; b < sequences.size(); ++b) {
    const ParityObserver observer(
        model_.run(), int(model_.config().text.num_hidden_layers),
        [&](const std::string& name) { return table.wanted(name); },
        [&](const std::string& name, const ParityRows& rows) { table.add(name, rows, sequences[b], int64_t(b)); });
    model_.forward({sequences[b].prompt}, kept_logits(golden));
  }
}

ParityReport Parity::compare(const std::filesystem::path& golden_case) {
  const GoldenCase golden(golden_case, model_.dtype());
  ParityTable table(golden, model_.dtype());
  inputs_.compare(golden, table);
  const std::vector<GoldenSequence> sequences = golden.sequences(model_.config());
  compare_positions(golden, sequences, model_.config(), table);
  forward(golden, sequences, table);
  compare_generation(model_, inputs_.tokenizer(), generation_, golden, sequences, table);
  return table.finish();
}

}  // namespace glimpse
