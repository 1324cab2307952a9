// One decode step of several sequences: eager, or as launches recorded once and replayed.
#pragma once
#include <map>
#include <memory>

#include "model/glm4v.h"
#include "model/kv_cache.h"

namespace glimpse {

// Its activations are buffers of their own, of kRows rows, which never move. Steps of as many rows whose sequences fit
// the same power of two of keys (the bucket) run the same launches: the first eagerly, which sizes the workspace and
// loads the kernels, the second recorded, the later ones replayed.
class DecodeStep {
 public:
  static constexpr int64_t kRows = 8;
  DecodeStep(Glm4vForConditionalGeneration& model, KvCache& cache);

  // Logits [rows, V] of a batch of one row for each sequence, valid until the next step. `replay` false: always eager.
  TensorView run(const TextBatch& batch, bool replay);
  int64_t replays() const { return replays_; }
  const Arena& arena() const { return arena_; }

 private:
  struct Bucket {
    bool sized = false;
    const void* workspace = nullptr;  // where and how large it was when recorded
    size_t capacity = 0;
    std::unique_ptr<LaunchGraph> graph;
  };
  int bound_of(const TextBatch& batch) const;
  TensorView launch(const TextInputs& inputs);
  Glm4vForConditionalGeneration& model_;
  KvCache& cache_;
  Arena arena_;
  std::map<std::pair<int64_t, int>, Bucket> buckets_;  // by rows and bound of the keys
  int64_t replays_ = 0;
};

}  // namespace glimpse
