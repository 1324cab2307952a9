// Fixed-point weights of a one-dimensional bicubic resize (spec 3.3).
#pragma once
#include <cstdint>
#include <vector>

#include "model/resize.h"

namespace glimpse {

struct ResizeTaps {
  int precision = 0;            // weights are multiplied by 2^precision
  int64_t stride = 0;           // weights stored per output
  std::vector<int64_t> first;   // [outputs] first input sample
  std::vector<int64_t> count;   // [outputs] number of input samples
  std::vector<int32_t> weight;  // [outputs][stride]
};

// Weights for `inputs` samples resized to `outputs`, both >= 1.
ResizeTaps make_resize_taps(int64_t inputs, int64_t outputs, ResizeArithmetic arithmetic);

}  // namespace glimpse
