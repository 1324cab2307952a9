// cvt.pack: two 32-bit integers saturated to 2 to 16 bits and packed, b below a, with the low bits of c above them.
#include <algorithm>

#include "decode.h"
#include "exec.h"

namespace ptxvm {
namespace exec {

// imm: the bits of one; flags: signed
const Inst* convert_pack(Warp* w, const Inst* in) {
  const auto bits = static_cast<uint32_t>(in->imm);
  const int32_t low = in->flags ? -(1 << (bits - 1)) : 0, high = (1 << (in->flags ? bits - 1 : bits)) - 1;
  const auto part = [&](int32_t x) { return static_cast<uint32_t>(std::clamp(x, low, high)) & ((1u << bits) - 1); };
  const int32_t *a = reg<int32_t>(w, in->a), *b = reg<int32_t>(w, in->b);
  const uint32_t* c = reg<uint32_t>(w, in->c);
  for (const uint32_t i : Lanes{w->mask}) {
    const uint32_t above = bits == 16 ? 0 : c[i] << (2 * bits);
    reg<uint32_t>(w, in->d)[i] = above | part(a[i]) << bits | part(b[i]);
  }
  return in + 1;
}

}  // namespace exec

// cvt.pack.sat.s8.s32.b32 d, a, b, c; cvt.pack.sat.s16.s32 d, a, b
void decode_pack(Decoder& d) {
  const auto to = d.part(3);
  const uint32_t bits = bits_of_type(to);
  if (d.part(2) != "sat" || d.part(4) != "s32" || (to[0] != 's' && to[0] != 'u')) d.refuse("the form");
  if (bits != 2 && bits != 4 && bits != 8 && bits != 16) d.refuse("the types");
  if (d.operands() != (bits == 16 ? 3u : 4u)) d.refuse("the operands");
  const uint32_t a = d.source(d.operand(1), Size::kWord), b = d.source(d.operand(2), Size::kWord);
  const uint32_t c = bits == 16 ? d.constant(Size::kWord, 0) : d.source(d.operand(3), Size::kWord);
  const uint32_t t = d.target(d.operand(0), Size::kWord);
  Inst& in = d.emit(exec::convert_pack);
  in.d = t, in.a = a, in.b = b, in.c = c;
  in.imm = bits, in.flags = to[0] == 's' ? 1 : 0;
}

}  // namespace ptxvm
