#include "model/decode_step.h"

#include <algorithm>
#include <bit>

namespace glimpse {

namespace {

constexpr int64_t kLeastKeys = 256;

// Where the next scratch memory would lie.
const void* base_of(Workspace& workspace) {
  const Workspace::Scope scope(workspace);
  return workspace.take(1);
}

}  // namespace

DecodeStep::DecodeStep(Glm4vForConditionalGeneration& model, KvCache& cache)
    : model_(model), cache_(cache), arena_(&model.run().backend()) {
  // The largest step first, so that no smaller one moves its buffers.
  TextBatch most;
  const int32_t token[] = {0}, position[] = {0, 0, 0};
  for (int64_t i = 0; i < kRows; ++i) most.add(0, 0, token, position);
  model.text().upload(arena_, most);
  TextBuffers(arena_, model.config().text, model.dtype(), kRows);
  arena_.get("text.logits", model.dtype(), {kRows, model.config().text.vocab_size});
}

TensorView DecodeStep::launch(const TextInputs& inputs) {
  Run& run = model_.run();
  return model_.text().logits(run, arena_, model_.text().forward(run, arena_, inputs, cache_, model_.dtype()));
}

int DecodeStep::bound_of(const TextBatch& batch) const {
  int64_t keys = kLeastKeys;
  for (const int32_t n : batch.kv_len) keys = std::max(keys, int64_t(std::bit_ceil(uint32_t(n))));
  return int(std::min(keys, cache_.capacity()));
}

TensorView DecodeStep::run(const TextBatch& batch, bool replay) {
  Run& run = model_.run();
  const int64_t rows = batch.rows();
  GLIMPSE_CHECK(rows <= kRows, "a decode step of %lld rows; it takes up to %lld", (long long)rows, (long long)kRows);
  const int bound = run.backend().on_host() ? 0 : bound_of(batch);  // there nothing is recorded
  const TextInputs inputs = model_.text().upload(arena_, batch, bound);
  Bucket& bucket = buckets_[{rows, bound}];
  if (!replay || !bucket.sized || run.every_step_observed()) {
    bucket.sized = true;
    return launch(inputs);
  }
  Workspace& workspace = run.workspace();
  const void* base = base_of(workspace);
  if (!bucket.graph || bucket.workspace != base || bucket.capacity != workspace.capacity()) {
    workspace.freeze();
    try {
      bucket.graph = run.backend().record([&] { launch(inputs); });
    } catch (...) {
      workspace.thaw();
      throw;
    }
    workspace.thaw();
    bucket.workspace = base, bucket.capacity = workspace.capacity();
  }
  if (!bucket.graph) return launch(inputs);
  bucket.graph->launch();
  ++replays_;
  return arena_.get("text.logits", model_.dtype(), {rows, model_.config().text.vocab_size});
}

}  // namespace glimpse
