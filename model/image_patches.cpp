#include "model/image_patches.h"

#include <algorithm>

#include "glimpse/core/backend.h"

namespace glimpse {

float normalise_value(float value, int c, const Normalise& rule) {
  const float mean = static_cast<float>(rule.mean[static_cast<size_t>(c)]);
  const float std = static_cast<float>(rule.std[static_cast<size_t>(c)]);
  if (rule.arithmetic == NormaliseArithmetic::kTorch) {
    if (!rule.normalise) return rule.rescale ? value * static_cast<float>(rule.factor) : value;
    const float levels = static_cast<float>(1.0 / rule.factor);
    return rule.rescale ? (value - mean * levels) / (std * levels) : (value - mean) / std;
  }
  const float scaled = rule.rescale ? static_cast<float>(static_cast<double>(value) * rule.factor) : value;
  return rule.normalise ? (scaled - mean) / std : scaled;
}

std::vector<float> normalise_table(const Normalise& rule, bool unit_first) {
  std::vector<float> table(3 * 256);
  for (int c = 0; c < 3; ++c) {
    for (int level = 0; level < 256; ++level) {
      const float value = unit_first ? static_cast<float>(level * (1.0 / 255)) : static_cast<float>(level);
      table[static_cast<size_t>(c * 256 + level)] = normalise_value(value, c, rule);
    }
  }
  return table;
}

template <typename T>
void place_frame(const T* frame, int64_t height, int64_t width, int64_t t, int64_t slot, int64_t slots,
                 const PatchShape& shape, T* out, int threads) {
  const int64_t p = shape.patch, m = shape.merge, gh = height / p, gw = width / p, area = p * p;
  T* const first = out + t * gh * gw * shape.columns();
  if (threads <= 0) threads = usable_threads();
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int64_t row = 0; row < gh; ++row) {
    for (int64_t column = 0; column < gw; ++column) {
      // Blocks of merge x merge patches are consecutive; blocks follow each other in raster order.
      const int64_t block = row / m * (gw / m) + column / m;
      T* patch = first + ((block * m + row % m) * m + column % m) * shape.columns() + slot * area;
      const T* from = frame + (row * p * width + column * p) * 3;
      for (int64_t c = 0; c < 3; ++c, patch += shape.temporal * area) {
        for (int64_t y = 0; y < p; ++y) {
          for (int64_t x = 0; x < p; ++x) patch[y * p + x] = from[(y * width + x) * 3 + c];
        }
        for (int64_t s = 1; s < slots; ++s) std::copy(patch, patch + area, patch + s * area);
      }
    }
  }
}

template void place_frame(const uint8_t*, int64_t, int64_t, int64_t, int64_t, int64_t, const PatchShape&, uint8_t*,
                          int);
template void place_frame(const float*, int64_t, int64_t, int64_t, int64_t, int64_t, const PatchShape&, float*, int);

void apply_table(std::span<const uint8_t> patches, const PatchShape& shape, std::span<const float> table, float* out,
                 int threads) {
  const int64_t columns = shape.columns(), run = columns / 3, rows = static_cast<int64_t>(patches.size()) / columns;
  if (threads <= 0) threads = usable_threads();
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int64_t i = 0; i < rows * 3; ++i) {
    const float* levels = table.data() + i % 3 * 256;
    for (int64_t k = i * run; k < (i + 1) * run; ++k) out[k] = levels[patches[static_cast<size_t>(k)]];
  }
}

}  // namespace glimpse
