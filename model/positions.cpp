#include "model/positions.h"

#include <algorithm>

namespace glimpse {

namespace {

// The grids in the order placeholders ask for them.
class GridQueue {
 public:
  GridQueue(const std::vector<Grid>& images, const std::vector<Grid>& videos) : images_(images), videos_(videos) {}

  Grid next(bool in_video) {
    if (!in_video) {
      GLIMPSE_CHECK(image_ < images_.size(), "the prompt holds more pictures than the %zu that were given",
                    images_.size());
      return images_[image_++];
    }
    GLIMPSE_CHECK(video_ < videos_.size(), "the prompt holds more video frames than the %zu videos given have",
                  videos_.size());
    const Grid g = videos_[video_];
    if (++frame_ == g.t) ++video_, frame_ = 0;
    return {1, g.h, g.w};
  }
  void finish() const {
    GLIMPSE_CHECK(image_ == images_.size(), "%zu pictures were given, the prompt has placeholders for %zu",
                  images_.size(), image_);
    GLIMPSE_CHECK(video_ == videos_.size(), "%zu videos were given, the prompt has placeholders for %zu",
                  videos_.size(), video_);
  }

 private:
  const std::vector<Grid>&images_, &videos_;
  size_t image_ = 0, video_ = 0;
  int64_t frame_ = 0;
};

}  // namespace

SequenceLayout layout_sequence(const std::vector<int32_t>& ids, const std::vector<Grid>& images,
                               const std::vector<Grid>& videos, const Glm4vConfig& config, int32_t start) {
  SequenceLayout l;
  l.next = start;
  GridQueue grids(images, videos);
  const int64_t merge = config.vision.spatial_merge_size;
  bool in_video = false;
  for (size_t i = 0; i < ids.size();) {
    if (ids[i] == config.video_start_token_id) in_video = true;
    if (ids[i] == config.video_end_token_id) in_video = false;
    if (ids[i] != config.image_token_id) {
      l.positions.insert(l.positions.end(), 3, l.next++);
      l.vision_row.push_back(-1);
      ++i;
      continue;
    }
    size_t run = 1;
    while (i + run < ids.size() && ids[i + run] == config.image_token_id) ++run;
    const Grid g = grids.next(in_video);
    const int64_t h = g.h / merge, w = g.w / merge;
    GLIMPSE_CHECK(g.t == 1 && int64_t(run) == h * w, "a run of %zu image tokens stands for a picture of %lld tokens",
                  run, (long long)(g.t * h * w));
    for (int64_t k = 0; k < h * w; ++k) {
      l.positions.insert(l.positions.end(), {l.next, l.next + int32_t(k / w), l.next + int32_t(k % w)});
      l.vision_row.push_back(int32_t(l.vision_rows++));
    }
    l.next += int32_t(std::max(h, w));
    i += run;
  }
  grids.finish();
  return l;
}

}  // namespace glimpse
