// A fragment of a matrix in registers, and the values of its elements, for the tests of matrix instructions.
#pragma once

#include <cmath>
#include <cstring>
#include <random>

#include "numerics/convert.h"
#include "numerics/wmma.h"

namespace ptxvm {

inline int bits_of_element(Element e) {
  using enum Element;
  if (e == kF64) return 64;
  if (e == kF32 || e == kS32 || e == kTf32) return 32;
  if (e == kF16 || e == kBf16) return 16;
  return e == kB1 ? 1 : e == kS4 || e == kU4 ? 4 : 8;
}

/// Value of an element, exact.
inline double value_of(Element e, uint64_t bits) {
  using enum Element;
  switch (e) {
    case kF64: return double_of(bits);
    case kF32: return float_of(uint32_t(bits));
    case kTf32: return float_of(uint32_t(bits) & ~0x1fffu);
    case kF16: return f16_to_f32(uint16_t(bits));
    case kBf16: return bf16_to_f32(uint16_t(bits));
    case kE4m3: return float_of(uint32_t(convert({Numeric::kF32, Numeric::kE4m3}, bits)));
    case kE5m2: return float_of(uint32_t(convert({Numeric::kF32, Numeric::kE5m2}, bits)));
    case kS32: return int32_t(bits);
    case kS8: return int8_t(bits);
    case kU8: return uint8_t(bits);
    case kS4: return int8_t(bits << 4) >> 4;
    case kU4: return double(bits & 15);
    default: return double(bits & 1);
  }
}

/// A fragment in registers: 8 of 32 lanes of 64 or 32 bits.
struct Fragment {
  alignas(64) uint64_t words[16][32] = {};
  void* pointers[16];
  Fragment() {
    for (int i = 0; i < 16; ++i) pointers[i] = words[i];
  }
  uint64_t get(int bits, int lane, int reg, int element) const {
    if (bits == 64) return words[reg][lane];
    const uint32_t w = reinterpret_cast<const uint32_t*>(words[reg])[lane];
    return bits == 32 ? w : (w >> (bits * element)) & ((1u << bits) - 1);
  }
  void randomize(std::mt19937_64& engine, Element e, int scale, int shift = 0) {
    const int bits = bits_of_element(e);
    for (auto& reg : words) {
      for (auto& w : reg) {
        w = engine();
        const int exponent = int(engine() % unsigned(scale));
        const float f = std::ldexp(float(int64_t(engine() % 4096) - 2048), exponent - scale / 2 - 11 + shift);
        const float g = std::ldexp(float(int64_t(engine() % 4096) - 2048), -11);
        if (bits == 64) w = bits_of(double(int64_t(w)) * 0x1p-60);
        if (e == Element::kF32 || e == Element::kTf32) w = bits_of(f) | uint64_t{bits_of(g)} << 32;
        if (e == Element::kF16) {
          w = f32_to_f16(f) | uint64_t{f32_to_f16(g)} << 16 | uint64_t{f32_to_f16(g)} << 32 |
              uint64_t{f32_to_f16(f)} << 48;
        }
        if (e == Element::kBf16) w = 0x0001000100010001ull * f32_to_bf16(f);
        if (e == Element::kE4m3 || e == Element::kE5m2) w &= 0xb3b3b3b3b3b3b3b3ull;
      }
    }
  }
};

}  // namespace ptxvm
