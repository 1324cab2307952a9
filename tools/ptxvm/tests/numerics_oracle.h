// Independent arithmetic for the tests of src/numerics: the host's own rounding modes, and small formats as sorted
// tables of their values.
#pragma once

#include <cfenv>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "numerics/modes.h"

namespace ptxvm::oracle {

inline int host_mode(RoundMode r) {
  return r == RoundMode::kRz   ? FE_TOWARDZERO
         : r == RoundMode::kRm ? FE_DOWNWARD
         : r == RoundMode::kRp ? FE_UPWARD
                               : FE_TONEAREST;
}

/// Runs f with the host's rounding set. Operands and result go through volatile, so nothing moves out of the window.
template <class T, class F>
T rounded(RoundMode mode, F f) {
  std::fesetround(host_mode(mode));
  volatile T result = f();
  std::fesetround(FE_TONEAREST);
  return result;
}

/// Random bit patterns, every fourth one of special value.
class Patterns {
 public:
  explicit Patterns(uint64_t seed) : engine_(seed) {}
  uint32_t f32() {
    constexpr uint32_t kSpecial[] = {0u,          1u,          0x7fffffu,   0x800000u,   0x3f800000u,
                                     0x3f800001u, 0x7f7fffffu, 0x7f800000u, 0x7fc00001u, 0x7f800001u,
                                     0x33800000u, 0x4b000000u, 0x5f000000u};
    const uint64_t r = engine_();
    if (r % 4 == 0) return kSpecial[(r >> 8) % 13] | uint32_t(r >> 63) << 31;
    if (r % 4 == 1) return (uint32_t(r >> 32) & 0x87ffffffu) | 0x38000000u;  // of similar size
    return uint32_t(r >> 32);
  }
  uint64_t f64() {
    constexpr uint64_t kSpecial[] = {0,
                                     1,
                                     0xfffffffffffffull,
                                     0x10000000000000ull,
                                     0x3ff0000000000000ull,
                                     0x7fefffffffffffffull,
                                     0x7ff0000000000000ull,
                                     0x7ff8000000000001ull};
    const uint64_t r = engine_();
    if (r % 4 == 0) return kSpecial[(r >> 8) % 8] | (r >> 63 << 63);
    if (r % 4 == 1) return (engine_() & 0x807fffffffffffffull) | 0x3f80000000000000ull;
    return engine_();
  }
  uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

/// A format of at most 16 bits: the magnitudes of its finite numbers in order of their patterns.
class Table {
 public:
  Table(int fraction_bits, int bias, int count) {
    for (int p = 0; p < count; ++p) {
      const int exponent = p >> fraction_bits, fraction = p & ((1 << fraction_bits) - 1);
      const double unit = std::ldexp(1.0, (exponent == 0 ? 1 : exponent) - bias - fraction_bits);
      values_.push_back((exponent == 0 ? fraction : fraction + (1 << fraction_bits)) * unit);
    }
  }
  /// The pattern of |x| rounded; size() where it overflows (which rounding to nearest does half a step beyond).
  size_t round(double x, RoundMode mode) const {
    const double magnitude = std::fabs(x);
    size_t below = 0, above = values_.size();
    while (above - below > 1) {
      const size_t middle = (below + above) / 2;
      (values_[middle] <= magnitude ? below : above) = middle;
    }
    if (values_[below] == magnitude) return below;
    const double next = above < values_.size() ? values_[above] : 2 * values_[below] - values_[below - 1];
    const double down = magnitude - values_[below], up = next - magnitude;
    const bool negative = std::signbit(x);
    switch (mode) {
      case RoundMode::kRn: return up < down || (up == down && below % 2 == 1) ? above : below;
      case RoundMode::kRp: return negative ? below : above;
      case RoundMode::kRm: return negative ? above : below;
      default: return below;
    }
  }
  size_t size() const { return values_.size(); }
  double value(size_t pattern) const { return values_[pattern]; }

 private:
  std::vector<double> values_;
};

inline const Table& f16() {
  static const Table t(10, 15, 0x7c00);
  return t;
}

}  // namespace ptxvm::oracle
