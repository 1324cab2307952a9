// Three-axis positions of the text model (spec 8.3) and where vision rows go.
#pragma once
#include <cstdint>
#include <vector>

#include "model/config.h"
#include "model/vision.h"

namespace glimpse {

// What a sequence of ids asks of the vision tower.
struct SequenceLayout {
  std::vector<int32_t> positions;   // [n, 3]: t, y, x
  std::vector<int32_t> vision_row;  // [n]: row of the sequence's vision features, or -1
  int32_t next = 0;                 // position of the token behind the last one
  int64_t rope_delta() const { return int64_t(next) - int64_t(vision_row.size()); }
  int64_t vision_rows = 0;
};

// Walks unpadded ids; `images` and `videos` are consumed in order, `start` continues an earlier turn. Throws Error
// where a run of placeholders is not exactly one picture or frame, or pictures are left over or missing.
SequenceLayout layout_sequence(const std::vector<int32_t>& ids, const std::vector<Grid>& images,
                               const std::vector<Grid>& videos, const Glm4vConfig& config, int32_t start = 0);

}  // namespace glimpse
