// mov: registers, addresses, special registers, and the packing and unpacking of vectors.
#include "decode.h"
#include "exec.h"

namespace ptxvm {
namespace exec {

// d = the elements of more[0..imm), each of c bytes; d has b bytes.
const Inst* pack(Warp* w, const Inst* in) {
  for (const uint32_t i : Lanes{w->mask})
    for (uint32_t k = 0; k < in->imm; ++k) {
      const uint32_t from = in->more[k];
      std::memcpy(w->base[0] + in->d + i * in->b + k * in->c, w->base[from & 1] + (from & ~1u) + i * in->c, in->c);
    }
  return in + 1;
}

const Inst* unpack(Warp* w, const Inst* in) {
  for (const uint32_t i : Lanes{w->mask})
    for (uint32_t k = 0; k < in->imm; ++k)
      if (in->more[k] != kNoOperand)
        std::memcpy(w->base[0] + in->more[k] + i * in->c, w->base[in->a & 1] + (in->a & ~1u) + i * in->b + k * in->c,
                    in->c);
  return in + 1;
}

}  // namespace exec

namespace {

Size element_size(Decoder& d, uint32_t total, size_t count) {
  if (count == 0 || total % count != 0) d.refuse("a vector of this length");
  const uint32_t bytes = total / static_cast<uint32_t>(count);
  if (bytes < 2) d.refuse("a vector of bytes");
  return size_of_bytes(bytes);
}

void pack(Decoder& d, uint32_t total) {
  const auto& elements = d.operand(1).elements;
  const Size size = element_size(d, total, elements.size());
  std::vector<uint32_t> from;
  for (const auto& e : elements) from.push_back(d.source(e, size));
  const uint32_t target = d.target(d.operand(0), size_of_bytes(total));
  if (from.size() == 2 && size == Size::kHalf) d.emit("pack.W.H", "W=HH", target, from[0], from[1]);
  else if (from.size() == 2 && size == Size::kWord) d.emit("pack.D.W", "D=WW", target, from[0], from[1]);
  else {
    Inst& in = d.emit(exec::pack);
    in.d = target, in.b = total, in.c = slot_bytes(size) / 32, in.imm = from.size();
    in.more = d.list(from);
  }
}

void unpack(Decoder& d, uint32_t total) {
  const auto& elements = d.operand(0).elements;
  const Size size = element_size(d, total, elements.size());
  const uint32_t a = d.source(d.operand(1), size_of_bytes(total));
  std::vector<uint32_t> to;
  for (const auto& e : elements) to.push_back(e.kind == ptx::OperandKind::kSink ? kNoOperand : d.target(e, size));
  const bool halves = size == Size::kHalf;
  if (to.size() == 2 && size != Size::kDouble) {
    if (to[0] != kNoOperand) d.emit(halves ? "cast.H.W" : "cast.W.D", halves ? "H=W" : "W=D", to[0], a);
    if (to[1] != kNoOperand) d.emit(halves ? "high.H.W" : "high.W.D", halves ? "H=W" : "W=D", to[1], a);
    return;
  }
  Inst& in = d.emit(exec::unpack);
  in.a = a, in.b = total, in.c = slot_bytes(size) / 32, in.imm = to.size();
  in.more = d.list(to);
}

}  // namespace

void decode_mov(Decoder& d) {
  if (d.part(0) == "createpolicy") {  // for a cache that is not there
    d.emit("mov.b64", "D=D", d.target(d.operand(0), Size::kDouble), d.constant(Size::kDouble, 0));
    return;
  }
  const auto type = d.type();
  const auto &to = d.operand(0), &from = d.operand(1);
  const uint32_t total = bits_of_type(type) / 8;
  if (to.kind == ptx::OperandKind::kVector) return unpack(d, total);
  if (from.kind == ptx::OperandKind::kVector) return pack(d, total);
  const Size size = type == "pred" ? Size::kPred : size_of_bytes(total);
  if (size == Size::kQuad) {
    const uint32_t a = d.source(from, size);
    Inst& in = d.emit(exec::pack);
    in.d = d.target(to, size), in.b = in.c = 16, in.imm = 1;
    in.more = d.list({a});
    return;
  }
  const uint32_t target = d.target(to, size);
  if (from.kind == ptx::OperandKind::kSpecial) return read_special(d, from.name, size, target);
  const char letter = "PHWD"[static_cast<int>(size)];
  d.emit(size == Size::kPred ? "mov.pred" : "mov.b" + std::to_string(total * 8), std::string{letter, '=', letter},
         target, d.source(from, size));
}

}  // namespace ptxvm
