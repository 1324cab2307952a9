// Video instructions (PTX ISA, scalar and SIMD video instructions). Rare: out of line, described at run time.
#pragma once

#include <cstdint>

namespace ptxvm {

enum class VideoOp : uint8_t { kAdd, kSub, kAverage, kAbsDiff, kMin, kMax, kShl, kShr, kSet };
enum class VideoCompare : uint8_t { kEq, kNe, kLt, kLe, kGt, kGe };
enum class VideoSecond : uint8_t { kNone, kAdd, kMin, kMax };
/// .b0 .. .b3, .h0, .h1 or the whole word.
enum class VideoPart : uint8_t { kB0, kB1, kB2, kB3, kH0, kH1, kWord };

/// vadd4, vsub4, vavrg4, vabsdiff4, vmin4, vmax4, vset4 (lanes = 4) and their two-lane twins (lanes = 2).
struct VideoSimd {
  VideoOp op;
  VideoCompare compare = VideoCompare::kEq;
  uint8_t lanes = 4;
  bool signed_d = false, signed_a = false, signed_b = false, saturate = false, accumulate = false;
  uint8_t mask = 0xf;                  // bit i: element i is written
  uint8_t select_a[4] = {0, 1, 2, 3};  // element of {b, a}, lowest destination first (.b3210)
  uint8_t select_b[4] = {4, 5, 6, 7};  // .b7654; with two lanes {2, 3}
};
uint32_t video_simd(const VideoSimd& v, uint32_t a, uint32_t b, uint32_t c);

/// vadd, vsub, vabsdiff, vmin, vmax, vshl, vshr, vset.
struct VideoScalar {
  VideoOp op;
  VideoCompare compare = VideoCompare::kEq;
  bool signed_d = false, signed_a = false, signed_b = false, saturate = false, wrap = false;
  VideoPart part_a = VideoPart::kWord, part_b = VideoPart::kWord, part_d = VideoPart::kWord;
  VideoSecond second = VideoSecond::kNone;
};
uint32_t video_scalar(const VideoScalar& v, uint32_t a, uint32_t b, uint32_t c);

struct VideoMad {
  bool signed_a = false, signed_b = false, saturate = false, plus_one = false;
  bool negate_product = false, negate_c = false;
  VideoPart part_a = VideoPart::kWord, part_b = VideoPart::kWord;
  uint8_t shift = 0;  // 0, 7 or 15
};
uint32_t video_mad(const VideoMad& v, uint32_t a, uint32_t b, uint32_t c);

}  // namespace ptxvm
