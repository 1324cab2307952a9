// Integer instructions that are not one host operator: PTX ISA, integer and logic/shift instructions.
#pragma once

#include "bits.h"

namespace ptxvm {

/// mul.hi: the upper half of the full product.
PTXVM_INLINE uint16_t mul_hi(uint16_t a, uint16_t b) { return uint16_t((uint32_t{a} * b) >> 16); }
PTXVM_INLINE int16_t mul_hi(int16_t a, int16_t b) { return int16_t((int32_t{a} * b) >> 16); }
PTXVM_INLINE uint32_t mul_hi(uint32_t a, uint32_t b) { return uint32_t((uint64_t{a} * b) >> 32); }
PTXVM_INLINE int32_t mul_hi(int32_t a, int32_t b) { return int32_t((int64_t{a} * b) >> 32); }
PTXVM_INLINE uint64_t mul_hi(uint64_t a, uint64_t b) { return uint64_t(((unsigned __int128)a * b) >> 64); }
PTXVM_INLINE int64_t mul_hi(int64_t a, int64_t b) { return int64_t(((__int128)a * b) >> 64); }

/// mul24/mad24: the low 24 bits of each operand, sign-extended in the .s32 form.
template <bool Signed>
PTXVM_TEMPLATE int64_t product24(uint32_t a, uint32_t b) {
  if constexpr (Signed) return int64_t(int32_t(a << 8) >> 8) * (int32_t(b << 8) >> 8);
  return int64_t(uint64_t{a & 0xffffffu} * (b & 0xffffffu));
}
template <bool Signed>
PTXVM_TEMPLATE uint32_t mul24_lo(uint32_t a, uint32_t b) {
  return uint32_t(product24<Signed>(a, b));
}
template <bool Signed>
PTXVM_TEMPLATE uint32_t mul24_hi(uint32_t a, uint32_t b) {
  return uint32_t(product24<Signed>(a, b) >> 16);
}

/// mad.hi.sat.s32 and mad24.hi.sat.s32: the sum clamps to the range of s32.
PTXVM_INLINE int32_t add_sat(int32_t a, int32_t b) {
  const int64_t sum = int64_t{a} + b;
  return sum > 0x7fffffff ? 0x7fffffff : sum < -0x80000000ll ? int32_t(0x80000000u) : int32_t(sum);
}
PTXVM_INLINE int32_t sub_sat(int32_t a, int32_t b) {
  const int64_t difference = int64_t{a} - b;
  return difference > 0x7fffffff ? 0x7fffffff : difference < -0x80000000ll ? int32_t(0x80000000u) : int32_t(difference);
}

/// sad: c + |a - b|, wrapping. T is the instruction's type, U its unsigned twin.
template <class T, class U>
PTXVM_TEMPLATE T sad(T a, T b, T c) {
  return T(U(c) + (a < b ? U(U(b) - U(a)) : U(U(a) - U(b))));
}

/// div and rem: a quotient by zero is unspecified by the ISA; all ones (and the dividend as remainder) here, as
/// hardware gives. MIN / -1 wraps to MIN.
template <class T>
PTXVM_TEMPLATE T int_div(T a, T b) {
  if (b == 0) return T(~T(0));
  if (T(-1) < T(0) && b == T(-1)) return T(0 - static_cast<unsigned long long>(a));
  return T(a / b);
}
template <class T>
PTXVM_TEMPLATE T int_rem(T a, T b) {
  if (b == 0) return a;
  if (T(-1) < T(0) && b == T(-1)) return T(0);
  return T(a % b);
}

/// add.cc/addc/sub.cc/subc: `carry` is CC.CF in and out. A subtraction's carry is the borrow.
template <class T>
PTXVM_TEMPLATE T add_carry(T a, T b, bool carry_in, bool& carry_out) {
  const T partial = T(a + b), sum = T(partial + T(carry_in));
  carry_out = partial < a || sum < partial;
  return sum;
}
template <class T>
PTXVM_TEMPLATE T sub_borrow(T a, T b, bool borrow_in, bool& borrow_out) {
  const T partial = T(a - b), difference = T(partial - T(borrow_in));
  borrow_out = a < b || partial < T(borrow_in);
  return difference;
}

PTXVM_INLINE uint32_t popc(uint32_t a) { return uint32_t(__builtin_popcount(a)); }
PTXVM_INLINE uint32_t popc(uint64_t a) { return uint32_t(__builtin_popcountll(a)); }
PTXVM_INLINE uint32_t clz(uint32_t a) { return a == 0 ? 32 : uint32_t(__builtin_clz(a)); }
PTXVM_INLINE uint32_t clz(uint64_t a) { return a == 0 ? 64 : uint32_t(__builtin_clzll(a)); }

PTXVM_INLINE uint32_t brev(uint32_t a) {
  a = ((a >> 1) & 0x55555555u) | ((a & 0x55555555u) << 1);
  a = ((a >> 2) & 0x33333333u) | ((a & 0x33333333u) << 2);
  a = ((a >> 4) & 0x0f0f0f0fu) | ((a & 0x0f0f0f0fu) << 4);
  return __builtin_bswap32(a);
}
PTXVM_INLINE uint64_t brev(uint64_t a) { return (uint64_t{brev(uint32_t(a))} << 32) | brev(uint32_t(a >> 32)); }

/// bfind{.shiftamt}: T is int32_t, uint32_t, int64_t or uint64_t. 0xffffffff where no non-sign bit is found.
template <bool ShiftAmount, class T>
PTXVM_TEMPLATE uint32_t bfind(T a) {
  if (a < T(0)) a = T(~a);
  if (a == 0) return 0xffffffffu;
  uint32_t zeros = 0;
  if constexpr (sizeof(T) == 4) zeros = clz(uint32_t(a));
  else zeros = clz(uint64_t(a));
  return ShiftAmount ? zeros : uint32_t(sizeof(T) * 8 - 1) - zeros;
}

/// bfe: only the low 8 bits of position and length count.
template <class T>
PTXVM_TEMPLATE T bfe(T a, uint32_t position, uint32_t length) {
  constexpr uint32_t kBits = sizeof(T) * 8;
  position &= 0xff;
  length &= 0xff;
  if (length == 0) return 0;
  const uint32_t top = position + length - 1 < kBits - 1 ? position + length - 1 : kBits - 1;
  const bool sign = T(-1) < T(0) && ((a >> top) & 1) != 0;
  const uint64_t fill = sign ? ~0ull : 0;
  if (position >= kBits) return T(fill);
  const uint32_t width = top - position + 1;
  const uint64_t mask = width >= 64 ? ~0ull : (1ull << width) - 1;
  return T(((uint64_t(a) >> position) & mask) | (fill & ~mask));
}

/// bfi: inserts the low `length` bits of a into b at `position`.
template <class T>
PTXVM_TEMPLATE T bfi(T a, T b, uint32_t position, uint32_t length) {
  constexpr uint32_t kBits = sizeof(T) * 8;
  position &= 0xff;
  length &= 0xff;
  if (length == 0 || position >= kBits) return b;
  const uint32_t width = length < kBits - position ? length : kBits - position;
  const T mask = T((width >= kBits ? T(~T(0)) : T((T(1) << width) - 1)) << position);
  return T((b & ~mask) | (T(a << position) & mask));
}

/// fns: the offset-th set bit of mask from bit `base` on, or 0xffffffff.
PTXVM_INLINE uint32_t fns(uint32_t mask, uint32_t base, int32_t offset) {
  if (base > 31) return 0xffffffffu;
  if (offset == 0) return (mask >> base) & 1 ? base : 0xffffffffu;
  const int step = offset > 0 ? 1 : -1;
  uint32_t wanted = offset > 0 ? uint32_t(offset) : 0u - uint32_t(offset);
  for (int position = int(base); position >= 0 && position < 32; position += step) {
    if (((mask >> position) & 1) != 0 && --wanted == 0) return uint32_t(position);
  }
  return 0xffffffffu;
}

PTXVM_INLINE uint32_t szext_mask(uint32_t n) { return n == 0 ? 0xffffffffu : 0xffffffffu << n; }

/// szext.mode: b is the width N; Clamp: N >= 32 keeps a, else N modulo 32.
template <bool Clamp, bool Signed>
PTXVM_TEMPLATE uint32_t szext(uint32_t a, uint32_t b) {
  const uint32_t width = b & 31;
  if (Clamp && b >= 32) return a;
  const uint32_t mask = szext_mask(width);
  const bool negative = Signed && width != 0 && ((a >> (width - 1)) & 1) != 0;
  return (a & ~mask) | (negative ? mask : 0u);
}

/// bmsk.mode: `width` ones from bit `position` on.
template <bool Clamp>
PTXVM_TEMPLATE uint32_t bmsk(uint32_t position, uint32_t width) {
  if (Clamp && position >= 32) return 0;
  const uint32_t from = 0xffffffffu << (position & 31);
  const uint32_t end = (position & 31) + (width & 31);
  if (end >= 32 || (Clamp && width >= 32)) return from;
  return from & ~((width & 31) == 0 ? 0xffffffffu : 0xffffffffu << end);
}

/// shf.l and shf.r on {b, a}.
template <bool Clamp>
PTXVM_TEMPLATE uint32_t shf_amount(uint32_t c) {
  return Clamp ? (c < 32 ? c : 32) : c & 31;
}
template <bool Clamp>
PTXVM_TEMPLATE uint32_t shf_l(uint32_t a, uint32_t b, uint32_t c) {
  return uint32_t((((uint64_t{b} << 32) | a) << shf_amount<Clamp>(c)) >> 32);
}
template <bool Clamp>
PTXVM_TEMPLATE uint32_t shf_r(uint32_t a, uint32_t b, uint32_t c) {
  return uint32_t(((uint64_t{b} << 32) | a) >> shf_amount<Clamp>(c));
}

/// shl and shr clamp amounts beyond the width; an arithmetic shift then leaves only the sign.
template <class T>
PTXVM_TEMPLATE T shift_left(T a, uint32_t n) {
  return n >= sizeof(T) * 8 ? T(0) : T(static_cast<unsigned long long>(a) << n);
}
template <class T>
PTXVM_TEMPLATE T shift_right(T a, uint32_t n) {
  constexpr uint32_t kLast = sizeof(T) * 8 - 1;
  if (T(-1) < T(0)) return T(a >> (n < kLast ? n : kLast));
  return n > kLast ? T(0) : T(a >> n);
}

/// prmt.mode; kIndex is the generic form.
enum class PermuteMode : uint8_t { kIndex, kF4e, kB4e, kRc8, kEcl, kEcr, kRc16 };

namespace detail {
PTXVM_INLINE uint32_t source_byte(uint64_t bytes, uint32_t index) { return uint32_t(bytes >> (8 * index)) & 0xffu; }
PTXVM_INLINE uint32_t permute_index(PermuteMode mode, uint32_t c, uint32_t i) {
  switch (mode) {
    case PermuteMode::kF4e: return c + i;
    case PermuteMode::kB4e: return (c - i) & 7;
    case PermuteMode::kRc8: return c;
    case PermuteMode::kEcl: return i > c ? i : c;
    case PermuteMode::kEcr: return i < c ? i : c;
    default: return (c & 1) * 2 + (i & 1);
  }
}
}  // namespace detail

PTXVM_INLINE uint32_t prmt(uint32_t a, uint32_t b, uint32_t c) {
  const uint64_t bytes = (uint64_t{b} << 32) | a;
  uint32_t d = 0;
  for (uint32_t i = 0; i < 4; ++i) {
    const uint32_t control = (c >> (4 * i)) & 0xf;
    const uint32_t byte = detail::source_byte(bytes, control & 7);
    const uint32_t replicated = (byte & 0x80) != 0 ? 0xffu : 0u;
    d |= ((control & 8) != 0 ? replicated : byte) << (8 * i);
  }
  return d;
}
PTXVM_INLINE uint32_t prmt(PermuteMode mode, uint32_t a, uint32_t b, uint32_t c) {
  if (mode == PermuteMode::kIndex) return prmt(a, b, c);
  const uint64_t bytes = (uint64_t{b} << 32) | a;
  uint32_t d = 0;
  for (uint32_t i = 0; i < 4; ++i) {
    d |= detail::source_byte(bytes, detail::permute_index(mode, c & 3, i)) << (8 * i);
  }
  return d;
}

/// lop3.b32: table bit (4a + 2b + c), bitwise. (.BoolOp: the interpreter combines `d != 0` with the predicate.)
PTXVM_INLINE uint32_t lop3(uint32_t a, uint32_t b, uint32_t c, uint8_t table) {
  uint32_t d = 0;
  if (table & 0x01) d |= ~a & ~b & ~c;
  if (table & 0x02) d |= ~a & ~b & c;
  if (table & 0x04) d |= ~a & b & ~c;
  if (table & 0x08) d |= ~a & b & c;
  if (table & 0x10) d |= a & ~b & ~c;
  if (table & 0x20) d |= a & ~b & c;
  if (table & 0x40) d |= a & b & ~c;
  if (table & 0x80) d |= a & b & c;
  return d;
}

namespace detail {
template <bool Signed>
PTXVM_TEMPLATE int32_t byte_of(uint32_t x, int i) {
  return Signed ? int32_t(int8_t(x >> (8 * i))) : int32_t((x >> (8 * i)) & 0xffu);
}
template <bool Signed>
PTXVM_TEMPLATE int32_t half_of(uint32_t x, int i) {
  return Signed ? int32_t(int16_t(x >> (16 * i))) : int32_t((x >> (16 * i)) & 0xffffu);
}
}  // namespace detail

/// dp4a: c + the dot product of four bytes, wrapping.
template <bool SignedA, bool SignedB>
PTXVM_TEMPLATE uint32_t dp4a(uint32_t a, uint32_t b, uint32_t c) {
  for (int i = 0; i < 4; ++i) c += uint32_t(detail::byte_of<SignedA>(a, i) * detail::byte_of<SignedB>(b, i));
  return c;
}
/// dp2a.lo/.hi: c + two halves of a times two bytes of b, wrapping.
template <bool Hi, bool SignedA, bool SignedB>
PTXVM_TEMPLATE uint32_t dp2a(uint32_t a, uint32_t b, uint32_t c) {
  for (int i = 0; i < 2; ++i) {
    c += uint32_t(detail::half_of<SignedA>(a, i) * detail::byte_of<SignedB>(b, i + (Hi ? 2 : 0)));
  }
  return c;
}

}  // namespace ptxvm
