// What prefill put into a slot of the cache, and how much of another prompt that is.
#pragma once
#include <cstdint>
#include <vector>

#include "model/glm4v.h"

namespace glimpse {

struct CachedPrefix {
  std::vector<int32_t> ids;
  std::vector<uint64_t> frames;  // fingerprints of the pictures and frames among them (model/fingerprint.h)
  int64_t used = 0;              // tokens in the slot, those of decode steps too

  // Leading tokens of the prompt that lie here, at most `most`; a picture counts where it is the same picture.
  int64_t common(const Prompt& prompt, const SequenceLayout& layout, const std::vector<uint64_t>& prompt_frames,
                 int64_t most) const;
  // The first `tokens` alone; what follows is overwritten.
  void cut(int64_t tokens) { ids.resize(size_t(tokens)), used = tokens; }
};

}  // namespace glimpse
