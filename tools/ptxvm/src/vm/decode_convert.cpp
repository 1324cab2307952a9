// cvt and the approximations.
#include "decode.h"
#include "exec.h"
#include "numerics/approx.h"
#include "numerics/convert.h"

namespace ptxvm {
namespace {

Model model_of(Decoder& d) {
  return d.module().options().rounding == Rounding::kExact ? Model::kNearest : Model::kOther;
}

constexpr std::pair<std::string_view, Numeric> kNumerics[] = {
    {"u8", Numeric::kU8},     {"u16", Numeric::kU16},   {"u32", Numeric::kU32},    {"u64", Numeric::kU64},
    {"s8", Numeric::kS8},     {"s16", Numeric::kS16},   {"s32", Numeric::kS32},    {"s64", Numeric::kS64},
    {"f16", Numeric::kF16},   {"bf16", Numeric::kBf16}, {"tf32", Numeric::kTf32},  {"f32", Numeric::kF32},
    {"f64", Numeric::kF64},   {"e4m3", Numeric::kE4m3}, {"e5m2", Numeric::kE5m2},  {"e2m3", Numeric::kE2m3},
    {"e3m2", Numeric::kE3m2}, {"e2m1", Numeric::kE2m1}, {"ue8m0", Numeric::kUe8m0}};

bool find_numeric(std::string_view name, Numeric* found) {
  for (const auto& [word, value] : kNumerics)
    if (word == name) return *found = value, true;
  return false;
}

struct Pair {
  Conversion c;
  uint32_t to_bits, from_bits;
};

}  // namespace

namespace exec {

const Inst* convert_lanes(Warp* w, const Inst* in) {
  const auto& c = *static_cast<const Conversion*>(in->info);
  const uint32_t to = in->flags & 0xff, from = in->flags >> 8 & 0xff;
  for (const uint32_t i : Lanes{w->mask}) {
    uint64_t x = 0;
    std::memcpy(&x, w->base[in->a & 1] + (in->a & ~1u) + i * from, from);
    x = convert(c, x);
    std::memcpy(w->base[0] + in->d + i * to, &x, to);
  }
  return in + 1;
}

// Two elements: from registers a (upper) and b (lower), or from the two parts of a (b is kNoOperand).
const Inst* convert_pair(Warp* w, const Inst* in) {
  const auto& pair = *static_cast<const Pair*>(in->info);
  const uint32_t to = in->flags & 0xff, from = in->flags >> 8 & 0xff;
  const uint64_t mask = (uint64_t{1} << pair.from_bits) - 1, to_mask = (uint64_t{1} << pair.to_bits) - 1;
  for (const uint32_t i : Lanes{w->mask}) {
    uint64_t high = 0, low = 0;
    std::memcpy(&high, w->base[in->a & 1] + (in->a & ~1u) + i * from, from);
    if (in->b != kNoOperand) std::memcpy(&low, w->base[in->b & 1] + (in->b & ~1u) + i * from, from);
    else low = high & mask, high = high >> pair.from_bits & mask;
    const uint64_t d = (convert(pair.c, high) & to_mask) << pair.to_bits | (convert(pair.c, low) & to_mask);
    std::memcpy(w->base[0] + in->d + i * to, &d, to);
  }
  return in + 1;
}

const Inst* approximate(Warp* w, const Inst* in) {
  alignas(64) uint32_t result[32];
  const auto fn = reinterpret_cast<ApproxFn>(in->imm);
  if ((in->flags & 2) == 0) {
    fn(result, reg<uint32_t>(w, in->a));
    lanes::merge(reg<uint32_t>(w, in->d), result, w->mask);
    return in + 1;
  }
  for (int i = 0; i < 32; ++i) result[i] = reg<uint16_t>(w, in->a)[i];
  fn(result, result);
  for (const uint32_t i : Lanes{w->mask}) reg<uint16_t>(w, in->d)[i] = static_cast<uint16_t>(result[i]);
  return in + 1;
}

const Inst* approximate_division(Warp* w, const Inst* in) {
  alignas(64) uint32_t result[32];
  reinterpret_cast<ApproxDivFn>(in->imm)(result, reg<uint32_t>(w, in->a), reg<uint32_t>(w, in->b));
  lanes::merge(reg<uint32_t>(w, in->d), result, w->mask);
  return in + 1;
}

const Inst* approximate_f64(Warp* w, const Inst* in) {
  const Model model = (in->flags & 1) != 0 ? Model::kNearest : Model::kOther;
  for (const uint32_t i : Lanes{w->mask}) {
    const double a = reg<double>(w, in->a)[i];
    reg<double>(w, in->d)[i] = (in->flags & 2) != 0 ? rsqrt_approx_f64(a, model) : rcp_approx_f64(a, model);
  }
  return in + 1;
}

}  // namespace exec

namespace {

void read_modifiers(Decoder& d, Conversion& c, size_t types_from) {
  for (size_t i = 1; i < types_from; ++i) {
    const auto p = d.part(i);
    if (p == "rn" || p == "rni") c.round = RoundMode::kRn;
    else if (p == "rz" || p == "rzi") c.round = RoundMode::kRz;
    else if (p == "rm" || p == "rmi") c.round = RoundMode::kRm;
    else if (p == "rp" || p == "rpi") c.round = RoundMode::kRp;
    else if (p == "rna") c.round = RoundMode::kRna;
    else if (p == "ftz") c.ftz = true;
    else if (p == "sat") c.sat = true;
    else if (p == "satfinite") c.satfinite = true;
    else if (p == "relu") c.relu = true;
    else d.refuse("the modifier ." + std::string(p));
    c.integral |= p.size() == 3 && p[0] == 'r' && p[2] == 'i';
  }
}

// Conversions of integers that a cast of registers does.
std::string cast_name(std::string_view to, std::string_view from, Size to_size, Size from_size) {
  static constexpr char kLetter[] = {'P', 'H', 'W', 'D', 'Q'};
  const auto whole = [](std::string_view t, Size s) { return bits_of_type(t) / 8 * 32 == slot_bytes(s); };
  if (!whole(to, to_size) || !whole(from, from_size)) return "";
  if (to_size == from_size) return "mov." + std::string("b") + std::string(to.substr(1));
  const bool widen = to_size > from_size;
  return std::string(widen && from[0] == 's' ? "sext." : "cast.") + kLetter[int(to_size)] + "." +
         kLetter[int(from_size)];
}

void packed(Decoder& d, std::string_view to, std::string_view from) {
  const auto single = [](std::string_view t) { return t.ends_with("x2") ? t.substr(0, t.size() - 2) : t; };
  Pair pair{};
  if (!find_numeric(single(to), &pair.c.to) || !find_numeric(single(from), &pair.c.from)) d.refuse("the types");
  read_modifiers(d, pair.c, d.in().parts.size() - 2);
  pair.to_bits = bits_of_type(single(to)), pair.from_bits = bits_of_type(single(from));
  const bool two = d.operands() == 3;
  if (two != (from == "f32") || pair.to_bits * 2 > 32) d.refuse("the operands");
  const Size to_size = size_of_bytes(pair.to_bits / 4), from_size = size_of_bytes(pair.from_bits / (two ? 8 : 4));
  const uint32_t a = d.source(d.operand(1), from_size), b = two ? d.source(d.operand(2), from_size) : kNoOperand;
  const uint32_t t = d.target(d.operand(0), to_size);
  const std::string name = "cvt." + std::string(to) + "." + std::string(from);
  const bool plain = pair.c.round == RoundMode::kRn && !pair.c.relu && !pair.c.satfinite;
  if (plain && two && find_op(name, "W=WW")) {
    d.emit(name, "W=WW", t, a, b);
    return;
  }
  Inst& in = d.emit(exec::convert_pair);
  in.d = t, in.a = a, in.b = b;
  in.flags = slot_bytes(to_size) / 32 | (slot_bytes(from_size) / 32) << 8;
  in.info = d.own(pair);
}

}  // namespace

void decode_cvt(Decoder& d) {
  const auto to = d.type(1), from = d.type();
  if (d.part(1) == "pack") return decode_pack(d);
  if (to.ends_with("x2") || from.ends_with("x2")) return packed(d, to, from);
  Conversion c;
  if (!find_numeric(to, &c.to) || !find_numeric(from, &c.from)) d.refuse("the types");
  read_modifiers(d, c, d.in().parts.size() - 2);
  const auto& o = d.operand(1);
  const Size from_size =
      o.kind == ptx::OperandKind::kRegister ? d.register_size(o) : size_of_bytes(bits_of_type(from) / 8);
  const uint32_t a = d.source(o, from_size);
  const Size to_size = d.register_size(d.operand(0));
  if (slot_bytes(to_size) < 4 * bits_of_type(to) || slot_bytes(from_size) < 4 * bits_of_type(from))
    d.refuse("a register narrower than the type");
  const uint32_t t = d.target(d.operand(0), to_size);
  static constexpr char kLetter[] = {'P', 'H', 'W', 'D', 'Q'};
  const std::string form{kLetter[int(to_size)], '=', kLetter[int(from_size)]};
  const bool integers = (to[0] == 'u' || to[0] == 's') && (from[0] == 'u' || from[0] == 's');
  const std::string name =
      integers && !c.sat ? cast_name(to, from, to_size, from_size) : "cvt." + std::string(to) + "." + std::string(from);
  const bool plain = c.round == RoundMode::kRn && !c.integral && !c.ftz && !c.sat && !c.satfinite && !c.relu;
  if ((integers || plain) && !name.empty() && find_op(name, form)) {
    d.emit(name, form, t, a);
    return;
  }
  Inst& in = d.emit(exec::convert_lanes);
  in.d = t, in.a = a;
  in.flags = slot_bytes(to_size) / 32 | (slot_bytes(from_size) / 32) << 8;
  in.info = d.own(c);
}

void decode_approx(Decoder& d) {
  const auto op = d.part(0), type = d.type();
  const bool ftz = d.has("ftz");
  for (size_t i = 1; i + 1 < d.in().parts.size(); ++i)
    if (d.part(i) != "approx" && d.part(i) != "ftz" && d.part(i) != "full")
      d.refuse("the modifier ." + std::string(d.part(i)));
  if (op == "div") {
    if (type != "f32") d.refuse("the type");
    const uint32_t a = d.source(d.operand(1), Size::kWord), b = d.source(d.operand(2), Size::kWord);
    const uint32_t t = d.target(d.operand(0), Size::kWord);
    Inst& in = d.emit(exec::approximate_division);
    in.d = t, in.a = a, in.b = b;
    in.imm = reinterpret_cast<uint64_t>(find_approx_div(d.has("full"), ftz, model_of(d)));
    return;
  }
  if (type == "f64") {
    if ((op != "rcp" && op != "rsqrt") || (!ftz && op == "rcp")) d.refuse("the type");
    const uint32_t a = d.source(d.operand(1), Size::kDouble), t = d.target(d.operand(0), Size::kDouble);
    Inst& in = d.emit(exec::approximate_f64);
    in.d = t, in.a = a;
    in.flags = (model_of(d) == Model::kNearest ? 1u : 0u) | (op == "rsqrt" ? 2u : 0u);
    return;
  }
  static constexpr std::pair<std::string_view, Approx> kOps[] = {
      {"rcp f32", Approx::kRcp},           {"rsqrt f32", Approx::kRsqrt},      {"sqrt f32", Approx::kSqrt},
      {"ex2 f32", Approx::kEx2},           {"lg2 f32", Approx::kLg2},          {"sin f32", Approx::kSin},
      {"cos f32", Approx::kCos},           {"tanh f32", Approx::kTanh},        {"ex2 f16", Approx::kEx2F16},
      {"ex2 bf16", Approx::kEx2Bf16},      {"tanh f16", Approx::kTanhF16},     {"tanh bf16", Approx::kTanhBf16},
      {"ex2 f16x2", Approx::kEx2F16x2},    {"ex2 bf16x2", Approx::kEx2Bf16x2}, {"tanh f16x2", Approx::kTanhF16x2},
      {"tanh bf16x2", Approx::kTanhBf16x2}};
  const std::string wanted = std::string(op) + " " + std::string(type);
  for (const auto& [name, approx] : kOps) {
    if (name != wanted) continue;
    const Size size = type == "f16" || type == "bf16" ? Size::kHalf : Size::kWord;
    const uint32_t a = d.source(d.operand(1), size), t = d.target(d.operand(0), size);
    Inst& in = d.emit(exec::approximate);
    in.d = t, in.a = a;
    in.flags = size == Size::kHalf ? 2 : 0;
    in.imm = reinterpret_cast<uint64_t>(find_approx(approx, ftz, model_of(d)));
    return;
  }
  d.refuse("the type");
}

}  // namespace ptxvm
