#include "model/resize_taps.h"

#include <algorithm>
#include <cmath>

namespace glimpse {
namespace {

constexpr int kPillowPrecision = 22;
constexpr double kSixteenBit = 32768;

double cubic(double t) {  // Keys' kernel with a = -0.5
  const double u = std::fabs(t);
  if (u < 1) return (1.5 * u - 2.5) * u * u + 1;
  return u < 2 ? ((-0.5 * u + 2.5) * u - 4) * u + 2 : 0;
}

// torchvision takes the finest precision at which the largest weight of the axis still fits in 16 bits.
int torchvision_precision(double largest) {
  int precision = 0;
  while (precision < kPillowPrecision && std::trunc(0.5 + std::ldexp(largest, precision + 1)) < kSixteenBit)
    ++precision;
  return precision;
}

}  // namespace

ResizeTaps make_resize_taps(int64_t inputs, int64_t outputs, ResizeArithmetic arithmetic) {
  const double scale = static_cast<double>(inputs) / static_cast<double>(outputs);
  const double filter_scale = std::max(scale, 1.0), support = 2 * filter_scale, inverse = 1 / filter_scale;
  ResizeTaps taps;
  taps.stride = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  taps.first.resize(static_cast<size_t>(outputs));
  taps.count.resize(static_cast<size_t>(outputs));
  std::vector<double> exact(static_cast<size_t>(outputs * taps.stride));
  double largest = 0;
  for (int64_t o = 0; o < outputs; ++o) {
    const double centre = (static_cast<double>(o) + 0.5) * scale;
    const int64_t low = std::max<int64_t>(0, static_cast<int64_t>(centre - support + 0.5));
    const int64_t high = std::min<int64_t>(inputs, static_cast<int64_t>(centre + support + 0.5));
    double* weight = &exact[static_cast<size_t>(o * taps.stride)];
    double sum = 0;
    for (int64_t k = 0; k < high - low; ++k) {
      weight[k] = cubic((static_cast<double>(low + k) - centre + 0.5) * inverse);
      sum += weight[k];
    }
    for (int64_t k = 0; k < high - low; ++k) {
      weight[k] /= sum;
      largest = std::max(largest, weight[k]);
    }
    taps.first[static_cast<size_t>(o)] = low;
    taps.count[static_cast<size_t>(o)] = high - low;
  }
  taps.precision = arithmetic == ResizeArithmetic::kPillow ? kPillowPrecision : torchvision_precision(largest);
  taps.weight.resize(exact.size());
  for (size_t i = 0; i < exact.size(); ++i) {
    taps.weight[i] = static_cast<int32_t>(std::ldexp(exact[i], taps.precision) + (exact[i] < 0 ? -0.5 : 0.5));
  }
  return taps;
}

}  // namespace glimpse
