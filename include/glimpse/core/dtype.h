// Element types. bf16 is our own two-byte POD, so contracts and kernels need no vendor header.
#pragma once
#include <cstdint>

#if defined(__CUDACC__)
#define GLIMPSE_HD __host__ __device__
#else
#define GLIMPSE_HD
#endif

namespace glimpse {

enum class DType : uint8_t { f32, bf16, f64, i32, i64, u8 };

// The upper half of a binary32.
struct bf16 {
  uint16_t bits;
};

GLIMPSE_HD constexpr float to_f32(bf16 x) { return __builtin_bit_cast(float, uint32_t(x.bits) << 16); }
GLIMPSE_HD constexpr float to_f32(float x) { return x; }

// Round to nearest, ties to even; a NaN stays a NaN (its payload may lose bits, so one is forced).
GLIMPSE_HD constexpr bf16 to_bf16(float x) {
  const uint32_t u = __builtin_bit_cast(uint32_t, x);
  if ((u & 0x7fffffffu) > 0x7f800000u) return bf16{uint16_t((u >> 16) | 0x40u)};
  return bf16{uint16_t((u + 0x7fffu + ((u >> 16) & 1u)) >> 16)};
}

constexpr int size_of(DType t) {
  switch (t) {
    case DType::f64:
    case DType::i64: return 8;
    case DType::f32:
    case DType::i32: return 4;
    case DType::bf16: return 2;
    case DType::u8: return 1;
  }
  return 0;
}

constexpr const char* name_of(DType t) {
  switch (t) {
    case DType::f32: return "f32";
    case DType::bf16: return "bf16";
    case DType::f64: return "f64";
    case DType::i32: return "i32";
    case DType::i64: return "i64";
    case DType::u8: return "u8";
  }
  return "?";
}

template <class T> constexpr DType dtype_of();
template <> constexpr DType dtype_of<float>() { return DType::f32; }
template <> constexpr DType dtype_of<bf16>() { return DType::bf16; }
template <> constexpr DType dtype_of<double>() { return DType::f64; }
template <> constexpr DType dtype_of<int32_t>() { return DType::i32; }
template <> constexpr DType dtype_of<int64_t>() { return DType::i64; }
template <> constexpr DType dtype_of<uint8_t>() { return DType::u8; }

}  // namespace glimpse
