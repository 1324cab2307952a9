// The vision tower: patches of pictures and video frames in, rows for the text model out.
#pragma once
#include <vector>

#include "glimpse/core/run.h"
#include "model/arena.h"
#include "model/config.h"
#include "model/weights.h"

namespace glimpse {

// Grid of a picture or of a video, in patches. Each temporal patch is a segment of its own (spec 7).
struct Grid {
  int64_t t = 1, h = 0, w = 0;
  int64_t patches() const { return t * h * w; }
};

struct VisionInput {
  TensorView pixels;        // host, [P, C * T * p * p], u8 or f32, rows in 2x2-block order
  TensorView table;         // host, [C, 256] f32; with u8 pixels
  std::vector<Grid> grids;  // in the order of the rows
};

struct VisionBuffers {
  TensorView hidden, normed, q, k, v, attn, mlp, merged, gelu, wide;
  VisionBuffers(Arena& arena, const Glm4vVisionConfig& config, DType dtype, int64_t patches);
};

class Glm4vVisionModel {
 public:
  Glm4vVisionModel(const Glm4vVisionConfig& config, const VisionWeights& weights)
      : config_(config), weights_(weights) {}

  // Writes out [P / merge^2, out_hidden_size] (spec 7.1) in the activation dtype. Throws Error where grids and rows do
  // not agree.
  void forward(Run& run, Arena& arena, const VisionInput& input, const TensorView& out) const;

 private:
  struct Step;
  void block(Run& run, const Step& step, int i) const;
  void merge(Run& run, const VisionBuffers& b, const TensorView& out) const;
  const Glm4vVisionConfig& config_;
  const VisionWeights& weights_;
};

}  // namespace glimpse
