#include "mma.h"

#include "cpu.h"
#include "simd/simd.h"

namespace ptxvm {

namespace {
int element_bits(Element e) {
  switch (e) {
    case Element::kF64: return 64;
    case Element::kF32:
    case Element::kS32:
    case Element::kTf32: return 32;
    case Element::kF16:
    case Element::kBf16: return 16;
    case Element::kS4:
    case Element::kU4: return 4;
    case Element::kB1: return 1;
    default: return 8;
  }
}

/// Registers that hold rows x columns elements spread evenly over 32 lanes.
int registers(int rows, int columns, Element e) {
  const int register_bits = e == Element::kF64 ? 64 : 32;
  return rows * columns * element_bits(e) / 32 / register_bits;
}
}  // namespace

MmaFn find_mma(const MmaShape& s, Model model) {
  const bool integer = s.a >= Element::kS8 && s.a <= Element::kB1;
  if (integer) return has_avx512() ? avx512::integer_mma(s) : avx2::integer_mma(s);
  return has_avx512() ? avx512::float_mma(s, model) : avx2::float_mma(s, model);
}

MmaRegisters mma_registers(const MmaShape& s) {
  if (s.a == Element::kF16 && s.m == 8) {
    return {2, 2, s.c == Element::kF32 ? 8 : 4, s.d == Element::kF32 ? 8 : 4};
  }
  return {registers(s.m, s.k, s.a), registers(s.k, s.n, s.b), registers(s.m, s.n, s.c), registers(s.m, s.n, s.d)};
}

}  // namespace ptxvm
