#include "convert.h"

#include <cstdlib>

namespace ptxvm {

namespace {

/// A value in a form that holds every source exactly: (-1)^negative * significand * 2^exponent.
struct Exact {
  enum class Kind : uint8_t { kNumber, kInfinity, kNan } kind = Kind::kNumber;
  bool negative = false;
  uint64_t significand = 0;
  int exponent = 0;
};

/// A binary floating-point format; `largest` is the pattern of the largest finite number.
struct Format {
  int fraction_bits, minimum_exponent;
  uint64_t largest, nan;
  bool has_infinity;
  int sign_bit, left_shift;
};

Format format_of(Numeric n) {
  switch (n) {
    case Numeric::kF16: return {10, -14, 0x7bff, 0x7fff, true, 15, 0};
    case Numeric::kBf16: return {7, -126, 0x7f7f, 0x7fff, true, 15, 0};
    case Numeric::kTf32: return {10, -126, 0x3fbff, 0x3ffff, true, 31, 13};
    case Numeric::kF32: return {23, -126, 0x7f7fffff, kNanF32, true, 31, 0};
    case Numeric::kF64: return {52, -1022, 0x7fefffffffffffff, 0x7fffffffffffffff, true, 63, 0};
    case Numeric::kE4m3: return {3, -6, 0x7e, 0x7f, false, 7, 0};
    case Numeric::kE5m2: return {2, -14, 0x7b, 0x7f, true, 7, 0};
    case Numeric::kE2m3: return {3, 0, 0x1f, 0x1f, false, 5, 0};
    case Numeric::kE3m2: return {2, -2, 0x1f, 0x1f, false, 5, 0};
    default: return {1, 0, 0x7, 0x7, false, 3, 0};  // kE2m1
  }
}

bool is_integer(Numeric n) { return n <= Numeric::kS64; }
bool is_signed(Numeric n) { return n >= Numeric::kS8 && n <= Numeric::kS64; }
int integer_bits(Numeric n) { return 8 << (int(n) % 4); }

int64_t sign_extend(uint64_t x, int bits) { return int64_t(x << (64 - bits)) >> (64 - bits); }

Exact decode_integer(Numeric n, uint64_t x) {
  const int bits = integer_bits(n);
  Exact e;
  if (is_signed(n)) {
    const int64_t value = sign_extend(x, bits);
    e.negative = value < 0;
    e.significand = value < 0 ? 0 - uint64_t(value) : uint64_t(value);
  } else {
    e.significand = bits == 64 ? x : x & ((1ull << bits) - 1);
  }
  return e;
}

Exact decode(Numeric n, uint64_t x) {
  if (is_integer(n)) return decode_integer(n, x);
  Exact e;
  if (n == Numeric::kUe8m0) {
    if ((x & 0xff) == 0xff) e.kind = Exact::Kind::kNan;
    e.significand = 1;
    e.exponent = int(x & 0xff) - 127;
    return e;
  }
  const Format f = format_of(n);
  const uint64_t magnitude = (x & ((1ull << f.sign_bit) - 1)) >> f.left_shift;
  e.negative = ((x >> f.sign_bit) & 1) != 0;
  const bool no_nan = n == Numeric::kE2m3 || n == Numeric::kE3m2 || n == Numeric::kE2m1;
  if (magnitude > f.largest && !no_nan) {
    e.kind = f.has_infinity && magnitude == f.largest + 1 ? Exact::Kind::kInfinity : Exact::Kind::kNan;
    return e;
  }
  const int biased = int(magnitude >> f.fraction_bits);
  e.significand = magnitude & ((1ull << f.fraction_bits) - 1);
  if (biased != 0) e.significand |= 1ull << f.fraction_bits;
  e.exponent = f.minimum_exponent - f.fraction_bits + (biased == 0 ? 0 : biased - 1);
  return e;
}

/// significand * 2^exponent as an integer in the given rounding; the caller sees to it that it fits.
uint64_t rounded(uint64_t significand, int exponent, RoundMode round, bool negative) {
  if (exponent >= 0) return significand << exponent;
  const int shift = -exponent;
  const uint64_t kept = shift > 63 ? 0 : significand >> shift;
  const uint64_t lost = shift > 63 ? significand : significand & ((1ull << shift) - 1);
  if (lost == 0) return kept;
  // A shift of 64 or more leaves less than a half, but for a shift of 64 with the top bit set.
  const uint64_t half = shift > 64 ? 0 : 1ull << (shift - 1);
  const bool above = shift <= 64 && lost > half, tie = shift <= 64 && lost == half;
  switch (round) {
    case RoundMode::kRn: return kept + (above || (tie && (kept & 1) != 0) ? 1 : 0);
    case RoundMode::kRna: return kept + (above || tie ? 1 : 0);
    case RoundMode::kRm: return kept + (negative ? 1 : 0);
    case RoundMode::kRp: return kept + (negative ? 0 : 1);
    default: return kept;
  }
}

int leading_bit(uint64_t x) { return 63 - __builtin_clzll(x); }

uint64_t encode_integer(const Conversion& c, const Exact& e) {
  const int bits = integer_bits(c.to);
  const uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1;
  const auto finish = [&](uint64_t x) { return is_signed(c.to) ? uint64_t(sign_extend(x, bits)) : x & mask; };
  if (e.kind == Exact::Kind::kNan) return finish(c.from == Numeric::kF64 || bits == 64 ? 1ull << (bits - 1) : 0);
  const uint64_t top = is_signed(c.to) ? (e.negative ? 1ull << (bits - 1) : mask >> 1) : (e.negative ? 0 : mask);
  uint64_t magnitude = top;
  const bool fits =
      e.kind == Exact::Kind::kNumber && (e.significand == 0 || leading_bit(e.significand) + e.exponent < 64);
  if (fits) {
    magnitude = e.significand == 0 ? 0 : rounded(e.significand, e.exponent, c.round, e.negative);
    if (magnitude > top) magnitude = top;
  }
  return finish(e.negative ? 0 - magnitude : magnitude);
}

uint64_t encode_ue8m0(const Conversion& c, const Exact& e) {
  if (e.kind == Exact::Kind::kNan) return 0xff;
  if (e.kind == Exact::Kind::kInfinity) return c.satfinite ? 0xfe : 0xff;
  if (e.significand == 0) return 0;
  const int top = leading_bit(e.significand);
  const bool exact = (e.significand & (e.significand - 1)) == 0;
  int exponent = top + e.exponent + 127 + (c.round == RoundMode::kRp && !exact ? 1 : 0);
  if (exponent < 0) exponent = 0;
  return exponent > 0xfe ? (c.satfinite ? 0xfe : 0xff) : uint64_t(exponent);
}

/// Magnitude pattern of the number in the format, `largest` + 1 or more where it overflows.
uint64_t encode_magnitude(const Format& f, const Exact& e, RoundMode round) {
  if (e.significand == 0) return 0;
  const int exponent = leading_bit(e.significand) + e.exponent;
  const int base = exponent > f.minimum_exponent ? exponent : f.minimum_exponent;
  if (base - f.minimum_exponent > 4096) return ~0ull;
  const uint64_t n = rounded(e.significand, e.exponent - (base - f.fraction_bits), round, e.negative);
  return n + (uint64_t(base - f.minimum_exponent) << f.fraction_bits);
}

uint64_t encode_float(const Conversion& c, Exact e) {
  const Format f = format_of(c.to);
  const uint64_t sign = 1ull << f.sign_bit;
  if (e.kind == Exact::Kind::kNan) return c.sat ? 0 : f.nan << f.left_shift;
  if ((c.sat || c.relu) && e.negative) return 0;
  uint64_t magnitude = f.largest + 1;
  if (e.kind == Exact::Kind::kNumber) {
    const RoundMode round = c.integral ? RoundMode::kRn : c.round;
    magnitude = encode_magnitude(f, e, round);
    if (magnitude > f.largest) {
      const bool towards_zero = round == RoundMode::kRz || (round == RoundMode::kRm && !e.negative) ||
                                (round == RoundMode::kRp && e.negative);
      magnitude = towards_zero ? f.largest : f.largest + 1;
    }
  }
  if (magnitude > f.largest && (c.satfinite || !f.has_infinity)) magnitude = f.largest;
  const uint64_t one = uint64_t(-f.minimum_exponent + 1) << f.fraction_bits;
  if (c.sat && magnitude > one) magnitude = one;
  if (c.ftz && c.to == Numeric::kF32 && magnitude < 0x800000) magnitude = 0;
  return (magnitude << f.left_shift) | (e.negative ? sign : 0);
}

/// cvt.sat between integers clamps; without .sat it truncates or extends.
uint64_t convert_integer(const Conversion& c, uint64_t x) {
  if (c.sat) return encode_integer(c, decode_integer(c.from, x));
  const int from = integer_bits(c.from), to = integer_bits(c.to);
  const uint64_t wide = is_signed(c.from) ? uint64_t(sign_extend(x, from)) : from == 64 ? x : x & ((1ull << from) - 1);
  return is_signed(c.to) ? uint64_t(sign_extend(wide, to)) : to == 64 ? wide : wide & ((1ull << to) - 1);
}

/// .rni and its like: the number becomes integral before it is stored.
Exact make_integral(Exact e, RoundMode round) {
  if (e.kind != Exact::Kind::kNumber || e.exponent >= 0) return e;
  e.significand = rounded(e.significand, e.exponent, round, e.negative);
  e.exponent = 0;
  return e;
}

}  // namespace

uint64_t convert(const Conversion& c, uint64_t x) {
  if (is_integer(c.from) && is_integer(c.to)) return convert_integer(c, x);
  Exact e = decode(c.from, x);
  if (c.ftz && c.from == Numeric::kF32 && (x & 0x7f800000u) == 0) e.significand = 0;
  if (is_integer(c.to)) return encode_integer(c, e);
  if (c.to == Numeric::kUe8m0) return encode_ue8m0(c, e);
  if (e.kind == Exact::Kind::kNan && c.to == Numeric::kF64 && !c.sat) {  // the payload stays, made quiet
    const uint64_t payload = c.from == Numeric::kF64 ? x : bits_of(double(float_of(uint32_t(x))));
    return c.from == Numeric::kF64 || c.from == Numeric::kF32 ? payload | 0x8000000000000ull : format_of(c.to).nan;
  }
  return encode_float(c, c.integral ? make_integral(e, c.round) : e);
}

}  // namespace ptxvm
