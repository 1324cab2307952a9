#include "model/prefix.h"

#include <algorithm>

namespace glimpse {

int64_t CachedPrefix::common(const Prompt& prompt, const SequenceLayout& layout,
                             const std::vector<uint64_t>& prompt_frames, int64_t most) const {
  const size_t longest = std::min(ids.size(), size_t(std::max<int64_t>(most, 0)));
  size_t same = 0;
  for (size_t frame = 0; same < longest && ids[same] == prompt.ids[same]; ++same) {
    const bool opens = layout.vision_row[same] >= 0 && (same == 0 || layout.vision_row[same - 1] < 0);
    if (!opens) continue;
    if (frame >= frames.size() || frames[frame] != prompt_frames[frame]) break;
    ++frame;
  }
  return int64_t(same);
}

}  // namespace glimpse
