// Pixels in the order the vision tower reads them, and the tables that normalise them (spec 3.4, 3.5).
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "model/image.h"

namespace glimpse {

struct PatchShape {
  int64_t patch = 14;
  int64_t temporal = 2;
  int64_t merge = 2;
  int64_t columns() const { return 3 * temporal * patch * patch; }  // 1176
};

// Pictures or videos, preprocessed. The patch_embed op takes either `patches` with `table`, or `pixel_values`.
struct PixelBatch {
  int64_t rows = 0;     // patches of all items
  int64_t columns = 0;  // 3 * temporal_patch_size * patch_size^2
  std::vector<uint8_t> patches;     // [rows, columns] resized pixels; empty where the input was float and not resized
  std::vector<float> table;         // [3, 256] value of each level of each channel; empty with `patches`
  std::vector<float> pixel_values;  // [rows, columns] normalised; empty if not asked for
  std::vector<std::array<int64_t, 3>> grid_thw;  // per item: temporal patches, rows and columns of patches
};

enum class NormaliseArithmetic {
  kNumpy,  // Glm4vImageProcessor: scaled in double, then float32
  kTorch,  // Glm4vImageProcessorFast and videos: mean and std scaled instead
};

struct Normalise {
  bool rescale = true;
  double factor = 1.0 / 255;
  bool normalise = true;
  std::array<double, 3> mean{0.48145466, 0.4578275, 0.40821073};
  std::array<double, 3> std{0.26862954, 0.26130258, 0.27577711};
  NormaliseArithmetic arithmetic = NormaliseArithmetic::kNumpy;
};

// One value of channel `c`; bit-equal to the reference. `value` is 0..255, or any float where floats are taken as they
// are.
float normalise_value(float value, int c, const Normalise& rule);

// [3, 256]; with `unit_first` the levels are divided by 255 once more beforehand, as the reference does with floats in
// 0..1 (spec 3.1 step 2).
std::vector<float> normalise_table(const Normalise& rule, bool unit_first = false);

// Copies a frame into slots [slot, slot + slots) of temporal patch `t`. frame: [H, W, 3]; H, W multiples of
// patch * merge; out: all rows of the item, [gt * gh * gw, columns]. threads here and below: 0 is all this process may
// use.
template <typename T>
void place_frame(const T* frame, int64_t height, int64_t width, int64_t t, int64_t slot, int64_t slots,
                 const PatchShape& shape, T* out, int threads = 0);

// table[channel of column][patch value] for every element.
void apply_table(std::span<const uint8_t> patches, const PatchShape& shape, std::span<const float> table, float* out,
                 int threads = 0);

}  // namespace glimpse
