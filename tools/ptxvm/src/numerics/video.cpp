#include "video.h"

namespace ptxvm {

namespace {

int64_t extend(uint64_t x, int bits, bool sign) {
  return sign ? int64_t(x << (64 - bits)) >> (64 - bits) : int64_t(x & (~0ull >> (64 - bits)));
}
int64_t clamp_to(int64_t x, int bits, bool sign) {
  const int64_t low = sign ? -(int64_t{1} << (bits - 1)) : 0;
  const int64_t high = sign ? (int64_t{1} << (bits - 1)) - 1 : (int64_t{1} << bits) - 1;
  return x < low ? low : x > high ? high : x;
}
bool compare(VideoCompare c, int64_t a, int64_t b) {
  switch (c) {
    case VideoCompare::kEq: return a == b;
    case VideoCompare::kNe: return a != b;
    case VideoCompare::kLt: return a < b;
    case VideoCompare::kLe: return a <= b;
    case VideoCompare::kGt: return a > b;
    default: return a >= b;
  }
}
int64_t apply(VideoOp op, VideoCompare c, int64_t a, int64_t b) {
  switch (op) {
    case VideoOp::kAdd: return a + b;
    case VideoOp::kSub: return a - b;
    case VideoOp::kAverage: return a + b >= 0 ? (a + b + 1) >> 1 : (a + b) >> 1;
    case VideoOp::kAbsDiff: return a < b ? b - a : a - b;
    case VideoOp::kMin: return a < b ? a : b;
    case VideoOp::kMax: return a < b ? b : a;
    case VideoOp::kShl: return int64_t(uint64_t(a) << b);
    case VideoOp::kShr: return a >> b;
    default: return compare(c, a, b) ? 1 : 0;
  }
}

struct Part {
  int shift, bits;
};
Part part_of(VideoPart p) {
  if (p == VideoPart::kWord) return {0, 32};
  return p <= VideoPart::kB3 ? Part{8 * int(p), 8} : Part{16 * (int(p) - int(VideoPart::kH0)), 16};
}
int64_t select(uint32_t x, VideoPart p, bool sign) {
  const Part part = part_of(p);
  return extend(x >> part.shift, part.bits, sign);
}

}  // namespace

uint32_t video_simd(const VideoSimd& v, uint32_t a, uint32_t b, uint32_t c) {
  const int bits = 32 / v.lanes;
  const uint64_t source = (uint64_t{b} << 32) | a;
  const uint32_t field = bits == 8 ? 0xffu : 0xffffu;
  uint32_t d = v.accumulate ? c : 0;
  for (int i = 0; i < v.lanes; ++i) {
    const int64_t x = extend(source >> (bits * v.select_a[i]), bits, v.signed_a);
    const int64_t y = extend(source >> (bits * v.select_b[i]), bits, v.signed_b);
    int64_t t = apply(v.op, v.compare, x, y);
    if (v.saturate) t = clamp_to(t, bits, v.signed_d);
    const bool written = (v.mask >> i & 1) != 0;
    if (v.accumulate) d += written ? uint32_t(t) : 0u;
    else d |= (written ? uint32_t(t) & field : (c >> (bits * i)) & field) << (bits * i);
  }
  return d;
}

uint32_t video_scalar(const VideoScalar& v, uint32_t a, uint32_t b, uint32_t c) {
  const int64_t x = select(a, v.part_a, v.signed_a);
  int64_t y = select(b, v.part_b, v.signed_b);
  if (v.op == VideoOp::kShl || v.op == VideoOp::kShr) y = v.wrap ? y & 31 : y > 32 ? 32 : y;
  int64_t t = apply(v.op, v.compare, x, y);
  const Part part = part_of(v.part_d);
  if (v.saturate) t = clamp_to(t, part.bits, v.signed_d);
  if (v.part_d != VideoPart::kWord) {
    const uint32_t mask = (part.bits == 8 ? 0xffu : 0xffffu) << part.shift;
    return (c & ~mask) | ((uint32_t(t) << part.shift) & mask);
  }
  const uint32_t r = uint32_t(t);
  const bool less = v.signed_d ? int32_t(r) < int32_t(c) : r < c;
  switch (v.second) {
    case VideoSecond::kAdd: return r + c;
    case VideoSecond::kMin: return less ? r : c;
    case VideoSecond::kMax: return less ? c : r;
    default: return r;
  }
}

uint32_t video_mad(const VideoMad& v, uint32_t a, uint32_t b, uint32_t c) {
  const __int128 product = __int128(select(a, v.part_a, v.signed_a)) * select(b, v.part_b, v.signed_b);
  const bool sign = v.signed_a || v.signed_b || v.negate_product || v.negate_c;
  const __int128 addend = sign ? __int128(int32_t(c)) : __int128(c);
  __int128 t = (v.negate_product ? -product : product) + (v.negate_c ? -addend : addend) + (v.plus_one ? 1 : 0);
  t >>= v.shift;
  if (v.saturate) {
    const __int128 low = sign ? -(__int128(1) << 31) : 0,
                   high = sign ? (__int128(1) << 31) - 1 : (__int128(1) << 32) - 1;
    t = t < low ? low : t > high ? high : t;
  }
  return uint32_t(t);
}

}  // namespace ptxvm
