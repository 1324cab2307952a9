// Arithmetic, logic, comparison and selection: PTX spellings to the names of the SIMD tables.
#include "decode.h"
#include "exec.h"

namespace ptxvm {
namespace {

bool is_float(std::string_view t) { return t.starts_with("f") || t.starts_with("bf"); }

std::string bits_type(std::string_view t) { return "b" + std::to_string(bits_of_type(t)); }

// The name without what does not change the result.
std::string normalised(Decoder& d) {
  const auto& parts = d.in().parts;
  const std::string_view op = parts[0], type = parts.back();
  std::string name(op);
  if (op == "mad" && is_float(type)) name = "fma";
  if (op == "selp") return "selp." + bits_type(type);
  if (op == "slct") return "slct." + bits_type(d.type(1)) + "." + std::string(type);
  if (op == "shr" && type[0] == 'b') return "shr.u" + std::string(type.substr(1));
  for (size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] == "rn" && is_float(type)) continue;  // the default
    name += "." + std::string(parts[i]);
  }
  return name;
}

// add.cc, addc, sub.cc, subc, mad.cc, madc: with the hidden carry flag.
std::string carry_name(Decoder& d) {
  const std::string_view op = d.part(0);
  std::string name(op.substr(0, 3));
  name += bits_of_type(d.type()) == 64 ? 'd' : 'w';
  if (op.size() == 4) name += 'c';
  if (d.has("lo")) name += ".lo";
  if (d.has("hi")) name += ".hi";
  if (d.has("cc")) name += ".cc";
  return name;
}

void apply(Decoder& d, const std::string& name, const std::string& form, bool carry) {
  const size_t equals = form.find('=');
  const size_t sources = form.size() - equals - 1;
  if (d.operands() != sources + 1) d.refuse("the number of operands");
  uint32_t s[4] = {};
  for (size_t i = 0; i < sources; ++i) s[i] = d.source(d.operand(i + 1), size_of_letter(form[equals + 1 + i]));
  const uint32_t target = d.target(d.operand(0), size_of_letter(form[0]));
  Inst& in = d.emit(name, form, target, s[0], s[1], s[2]);
  if (carry) in.more = d.list({d.carry()});
  else if (sources == 4) in.more = d.list({s[3]});
}

// lop3{.BoolOp}.b32 d{|p}, a, b, c, immLut{, q}
void lop3(Decoder& d) {
  const auto& first = d.operand(0);
  const bool pair = first.kind == ptx::OperandKind::kPair;
  const auto word = [&](size_t i) { return d.source(d.operand(i), Size::kWord); };
  const uint32_t a = word(1), b = word(2), c = word(3);
  const uint32_t target = d.target(pair ? first.elements[0] : first, Size::kWord);
  if (d.operand(4).kind != ptx::OperandKind::kInt) d.refuse("a table that is no number");
  d.emit("lop3.b32", "W=WWW", target, a, b, c).imm = d.operand(4).value;
  if (!pair) return;
  const uint32_t nonzero = d.temp(Size::kPred), q = d.predicate(d.operand(5));
  d.emit("setp.ne.u32", "P=WW", nonzero, target, d.constant(Size::kWord, 0));
  const std::string op = d.has("or") ? "or.pred" : d.has("and") ? "and.pred" : "";
  if (op.empty()) d.refuse("the operation on predicates");
  d.emit(op, "P=PP", d.target(first.elements[1], Size::kPred), nonzero, q);
}

std::string compare_name(Decoder& d, std::string_view type) {
  std::string_view compare = d.part(1);
  if (!is_float(type)) {
    if (compare == "lo") compare = "lt";
    if (compare == "ls") compare = "le";
    if (compare == "hi") compare = "gt";
    if (compare == "hs") compare = "ge";
  }
  std::string t(type);
  if (t[0] == 'b' && t[1] != 'f') t[0] = 'u';
  return "setp." + std::string(compare) + (d.has("ftz") ? ".ftz." : ".") + t;
}

std::string bool_op(Decoder& d) {
  for (const auto op : {"and", "or", "xor"})
    if (d.has(op)) return std::string(op) + ".pred";
  return "";
}

// t = a compared with b, combined with the predicate of operand 3 if the instruction has one.
void combine(Decoder& d, uint32_t target, uint32_t t) {
  const std::string op = bool_op(d);
  if (op.empty()) d.emit("mov.pred", "P=P", target, t);
  else d.emit(op, "P=PP", target, t, d.predicate(d.operand(3)));
}

struct Halves {
  uint32_t low, high;
};
Halves split_halves(Decoder& d, const ptx::Operand& o) {
  const uint32_t a = d.source(o, Size::kWord);
  const Halves h{d.temp(Size::kHalf), d.temp(Size::kHalf)};
  d.emit("cast.H.W", "H=W", h.low, a);
  d.emit("high.H.W", "H=W", h.high, a);
  return h;
}

std::string_view half_type(std::string_view t) { return t == "bf16x2" ? "bf16" : "f16"; }

// setp.cmp.f16x2 p|q, a, b{, c}: p of the low halves, q of the high ones.
void setp_packed(Decoder& d) {
  const auto a = split_halves(d, d.operand(1)), b = split_halves(d, d.operand(2));
  const std::string name = compare_name(d, half_type(d.type()));
  const auto& first = d.operand(0);
  const bool pair = first.kind == ptx::OperandKind::kPair;
  const uint32_t low = d.temp(Size::kPred), high = d.temp(Size::kPred);
  d.emit(name, "P=HH", low, a.low, b.low);
  d.emit(name, "P=HH", high, a.high, b.high);
  combine(d, d.target(pair ? first.elements[0] : first, Size::kPred), low);
  if (pair) combine(d, d.target(first.elements[1], Size::kPred), high);
}

void setp(Decoder& d) {
  if (d.type() == "f16x2" || d.type() == "bf16x2") return setp_packed(d);
  const auto& first = d.operand(0);
  const bool pair = first.kind == ptx::OperandKind::kPair;
  const uint32_t bits = bits_of_type(d.type());
  const char letter = bits == 16 ? 'H' : bits == 32 ? 'W' : 'D';
  const std::string form = std::string("P=") + letter + letter;
  const uint32_t a = d.source(d.operand(1), size_of_letter(letter)), b = d.source(d.operand(2), size_of_letter(letter));
  const std::string name = compare_name(d, d.type());
  if (!pair && bool_op(d).empty()) {
    d.emit(name, form, d.target(first, Size::kPred), a, b);
    return;
  }
  const uint32_t t = d.temp(Size::kPred), u = d.temp(Size::kPred);
  d.emit(name, form, t, a, b);
  d.emit("not.pred", "P=P", u, t);
  // The third operand may be the first destination.
  const uint32_t c = bool_op(d).empty() ? 0 : d.temp(Size::kPred);
  if (!bool_op(d).empty()) d.emit("mov.pred", "P=P", c, d.predicate(d.operand(3)));
  const auto put = [&](const ptx::Operand& o, uint32_t value) {
    const uint32_t target = d.target(o, Size::kPred);
    if (bool_op(d).empty()) d.emit("mov.pred", "P=P", target, value);
    else d.emit(bool_op(d), "P=PP", target, value, c);
  };
  put(pair ? first.elements[0] : first, t);
  if (pair) put(first.elements[1], u);
}

uint64_t true_value(std::string_view type) {
  return type == "f32" ? 0x3f800000 : type == "f16" ? 0x3c00 : type == "bf16" ? 0x3f80 : ~0ull;
}

// set.cmp{.bool}{.ftz}.dtype.stype d, a, b{, c}
void set(Decoder& d) {
  const auto to = d.type(1), from = d.type();
  const bool packed = from == "f16x2" || from == "bf16x2";
  if (!packed) {
    const uint32_t bits = bits_of_type(from), to_bits = bits_of_type(to);
    const char letter = bits == 16 ? 'H' : bits == 32 ? 'W' : 'D', out = to_bits == 16 ? 'H' : 'W';
    const std::string form = std::string("P=") + letter + letter;
    const uint32_t a = d.source(d.operand(1), size_of_letter(letter));
    const uint32_t b = d.source(d.operand(2), size_of_letter(letter));
    const uint32_t t = d.temp(Size::kPred), u = d.temp(Size::kPred);
    d.emit(compare_name(d, from), form, t, a, b);
    combine(d, u, t);
    const Size size = size_of_letter(out);
    d.emit("selp.b" + std::to_string(to_bits), std::string(1, out) + "=" + out + out + "P",
           d.target(d.operand(0), size), d.constant(size, true_value(to)), d.constant(size, 0), u);
    return;
  }
  const auto a = split_halves(d, d.operand(1)), b = split_halves(d, d.operand(2));
  const std::string name = compare_name(d, half_type(from));
  const uint32_t half[2] = {d.temp(Size::kHalf), d.temp(Size::kHalf)};
  const bool real = to == "f16x2" || to == "bf16x2";
  for (int k = 0; k < 2; ++k) {
    const uint32_t t = d.temp(Size::kPred), u = d.temp(Size::kPred);
    d.emit(name, "P=HH", t, k ? a.high : a.low, k ? b.high : b.low);
    combine(d, u, t);
    d.emit("selp.b16", "H=HHP", half[k], d.constant(Size::kHalf, real ? true_value(half_type(to)) : 0xffff),
           d.constant(Size::kHalf, 0), u);
  }
  d.emit("pack.W.H", "W=HH", d.target(d.operand(0), Size::kWord), half[0], half[1]);
}

}  // namespace

void decode_alu(Decoder& d) {
  const auto op = d.part(0);
  if (d.has("approx") || d.has("full")) return decode_approx(d);
  if (op == "lop3") return lop3(d);
  const bool carry = d.has("cc") || op == "addc" || op == "subc" || op == "madc";
  const std::string name = carry ? carry_name(d) : normalised(d);
  const auto form = op_form(name);
  if (form.empty()) d.refuse("the form " + name);
  apply(d, name, std::string(form), carry);
}

void decode_set(Decoder& d) { d.part(0) == "set" ? set(d) : setp(d); }

}  // namespace ptxvm
