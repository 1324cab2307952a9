// Video instructions: vadd ... vset, vmad, and the forms of four and two lanes.
#include "decode.h"
#include "exec.h"
#include "numerics/video.h"

namespace ptxvm {
namespace exec {

const Inst* video_lanes(Warp* w, const Inst* in) {
  const uint32_t *a = reg<uint32_t>(w, in->a), *b = reg<uint32_t>(w, in->b), *c = reg<uint32_t>(w, in->c);
  uint32_t* d = reg<uint32_t>(w, in->d);
  for (const uint32_t i : Lanes{w->mask}) d[i] = video_simd(*static_cast<const VideoSimd*>(in->info), a[i], b[i], c[i]);
  return in + 1;
}
const Inst* video_word(Warp* w, const Inst* in) {
  const uint32_t *a = reg<uint32_t>(w, in->a), *b = reg<uint32_t>(w, in->b), *c = reg<uint32_t>(w, in->c);
  uint32_t* d = reg<uint32_t>(w, in->d);
  for (const uint32_t i : Lanes{w->mask})
    d[i] = video_scalar(*static_cast<const VideoScalar*>(in->info), a[i], b[i], c[i]);
  return in + 1;
}
const Inst* video_product(Warp* w, const Inst* in) {
  const uint32_t *a = reg<uint32_t>(w, in->a), *b = reg<uint32_t>(w, in->b), *c = reg<uint32_t>(w, in->c);
  uint32_t* d = reg<uint32_t>(w, in->d);
  for (const uint32_t i : Lanes{w->mask}) d[i] = video_mad(*static_cast<const VideoMad*>(in->info), a[i], b[i], c[i]);
  return in + 1;
}

}  // namespace exec

namespace {

constexpr std::pair<std::string_view, VideoOp> kOps[] = {
    {"vadd", VideoOp::kAdd},         {"vsub", VideoOp::kSub}, {"vavrg", VideoOp::kAverage},
    {"vabsdiff", VideoOp::kAbsDiff}, {"vmin", VideoOp::kMin}, {"vmax", VideoOp::kMax},
    {"vshl", VideoOp::kShl},         {"vshr", VideoOp::kShr}, {"vset", VideoOp::kSet}};
constexpr std::pair<std::string_view, VideoCompare> kCompares[] = {
    {"eq", VideoCompare::kEq}, {"ne", VideoCompare::kNe}, {"lt", VideoCompare::kLt},
    {"le", VideoCompare::kLe}, {"gt", VideoCompare::kGt}, {"ge", VideoCompare::kGe}};

// The register behind a selector or a sign.
uint32_t word(Decoder& d, ptx::Operand o) {
  o.selector = {};
  o.minus = false;
  return d.source(o, Size::kWord);
}
uint32_t word_target(Decoder& d, ptx::Operand o) {
  o.selector = {};
  return d.target(o, Size::kWord);
}

VideoPart part_of(Decoder& d, const ptx::Operand& o) {
  const auto s = o.selector;
  if (s.empty()) return VideoPart::kWord;
  if (s.size() != 2) d.refuse("the selector ." + std::string(s));
  const int index = s[1] - '0';
  if (s[0] == 'b' && index >= 0 && index < 4) return static_cast<VideoPart>(index);
  if (s[0] == 'h' && index >= 0 && index < 2) return index ? VideoPart::kH1 : VideoPart::kH0;
  d.refuse("the selector ." + std::string(s));
}

// Digits of ".b3210": the last is element 0.
void select(Decoder& d, const ptx::Operand& o, uint8_t* to, int lanes) {
  if (o.selector.empty()) return;
  if (int(o.selector.size()) != lanes + 1) d.refuse("the selector ." + std::string(o.selector));
  for (int i = 0; i < lanes; ++i) to[i] = static_cast<uint8_t>(o.selector[static_cast<size_t>(lanes - i)] - '0');
}

struct Modifiers {
  std::vector<bool> is_signed;  // of the types, in order
  bool saturate = false, wrap = false, add = false, min = false, max = false, plus_one = false;
  uint8_t shift = 0;
  VideoCompare compare = VideoCompare::kEq;
};

Modifiers read(Decoder& d) {
  Modifiers m;
  for (size_t i = 1; i < d.in().parts.size(); ++i) {
    const auto p = d.part(i);
    bool known = true;
    if (p == "u32" || p == "s32") m.is_signed.push_back(p[0] == 's');
    else if (p == "sat") m.saturate = true;
    else if (p == "wrap") m.wrap = true;
    else if (p == "clamp") m.wrap = false;
    else if (p == "add") m.add = true;
    else if (p == "min") m.min = true;
    else if (p == "max") m.max = true;
    else if (p == "po") m.plus_one = true;
    else if (p == "shr7") m.shift = 7;
    else if (p == "shr15") m.shift = 15;
    else known = false;
    for (const auto& [name, compare] : kCompares)
      if (p == name) m.compare = compare, known = true;
    if (!known) d.refuse("the modifier ." + std::string(p));
  }
  return m;
}

void product(Decoder& d, const Modifiers& m) {
  if (m.is_signed.size() != 3) d.refuse("the types");
  VideoMad v;
  v.signed_a = m.is_signed[1], v.signed_b = m.is_signed[2];
  v.saturate = m.saturate, v.plus_one = m.plus_one, v.shift = m.shift;
  v.part_a = part_of(d, d.operand(1)), v.part_b = part_of(d, d.operand(2));
  v.negate_product = d.operand(1).minus != d.operand(2).minus, v.negate_c = d.operand(3).minus;
  const uint32_t a = word(d, d.operand(1)), b = word(d, d.operand(2)), c = word(d, d.operand(3));
  Inst& in = d.emit(exec::video_product);
  in.d = word_target(d, d.operand(0)), in.a = a, in.b = b, in.c = c;
  in.info = d.own(v);
}

}  // namespace

void decode_video(Decoder& d) {
  std::string_view name = d.part(0);
  const Modifiers m = read(d);
  if (name == "vmad") return product(d, m);
  const int lanes = name.back() == '4' ? 4 : name.back() == '2' ? 2 : 1;
  if (lanes != 1) name.remove_suffix(1);
  VideoOp op = VideoOp::kAdd;
  for (const auto& [word, value] : kOps)
    if (word == name) op = value;
  // vset has no type of its result.
  const size_t types = op == VideoOp::kSet ? 2 : 3;
  if (m.is_signed.size() != types) d.refuse("the types");
  const bool signed_a = m.is_signed[types - 2], signed_b = m.is_signed[types - 1];
  const bool signed_d = types == 3 && m.is_signed[0];
  const uint32_t a = word(d, d.operand(1)), b = word(d, d.operand(2));
  const uint32_t c = d.operands() > 3 ? word(d, d.operand(3)) : d.constant(Size::kWord, 0);
  const uint32_t target = word_target(d, d.operand(0));
  if (lanes == 1) {
    VideoScalar v{op, m.compare, signed_d, signed_a, signed_b, m.saturate, m.wrap};
    v.part_a = part_of(d, d.operand(1)), v.part_b = part_of(d, d.operand(2)), v.part_d = part_of(d, d.operand(0));
    v.second = m.add ? VideoSecond::kAdd : m.min ? VideoSecond::kMin : m.max ? VideoSecond::kMax : VideoSecond::kNone;
    Inst& in = d.emit(exec::video_word);
    in.d = target, in.a = a, in.b = b, in.c = c;
    in.info = d.own(v);
    return;
  }
  VideoSimd v{op, m.compare, static_cast<uint8_t>(lanes), signed_d, signed_a, signed_b, m.saturate, m.add};
  v.mask = lanes == 4 ? 0xf : 3;
  if (lanes == 2) v.select_b[0] = 2, v.select_b[1] = 3;
  if (const auto mask = d.operand(0).selector; !mask.empty()) {
    v.mask = 0;
    for (const char digit : mask.substr(1)) v.mask |= static_cast<uint8_t>(1u << (digit - '0'));
  }
  select(d, d.operand(1), v.select_a, lanes);
  select(d, d.operand(2), v.select_b, lanes);
  Inst& in = d.emit(exec::video_lanes);
  in.d = target, in.a = a, in.b = b, in.c = c;
  in.info = d.own(v);
}

}  // namespace ptxvm
