// mma.sync and wmma.mma of one warp.
//
// Sums of floating-point products. Products are exact. The ISA asks for "at least single precision" and leaves order
// and rounding open; the two models (modes.h):
//  kNearest  c + all k products are summed in double precision, lowest k first, and rounded once to f32 (nearest even),
//            for f16 results to f16 directly. f64: a chain of fma.f64, lowest k first, each rounded as the instruction
//            says (both models).
//  kOther    like the hardware that has been measured: groups of 4 (m8n8k4), 8 (f16, bf16), 4 (tf32) or 16 (8 bits)
//            products and the running sum are aligned to the largest exponent among them, truncated (towards minus
//            infinity) to 24 bits below that exponent, added exactly, and truncated towards zero to f32.
// Infinities and NaN: a NaN factor, 0 * inf or inf - inf gives the canonical NaN 0x7fffffff (f16: 0x7fff).
// Subnormal f16 and bf16 factors count in full. tf32 factors: the low 13 bits are ignored.
#pragma once

#include <cstdint>

#include "modes.h"

namespace ptxvm {

enum class Element : uint8_t { kF16, kBf16, kTf32, kF32, kF64, kS32, kS8, kU8, kS4, kU4, kB1, kE4m3, kE5m2 };
enum class BitOp : uint8_t { kXor, kAnd };

struct MmaShape {
  uint8_t m = 16, n = 8;
  uint16_t k = 16;
  Element a = Element::kF16, b = Element::kF16, c = Element::kF32, d = Element::kF32;
  bool a_row = true, b_row = false;  // .alayout/.blayout; only m8n8k4 f16 and wmma offer a choice
  bool satfinite = false;            // s32 sums clamp instead of wrapping
  BitOp bit_op = BitOp::kXor;
  RoundMode round = RoundMode::kRn;  // f64 only
};

/// d[r], a[r], ... each point to register r of the fragment: 32 lanes of uint32_t, or of uint64_t where the element is
/// f64. d may share registers with a, b and c. Registers follow the ISA's fragment order.
using MmaFn = void (*)(const MmaShape& shape, void* const* d, const void* const* a, const void* const* b,
                       const void* const* c);

/// The function for an mma.sync; nullptr where this shape and these types are not modelled.
MmaFn find_mma(const MmaShape& shape, Model model);

/// Registers of each fragment of an mma.sync (of lanes x 32 bits; f64: of 64 bits).
struct MmaRegisters {
  int a, b, c, d;
};
MmaRegisters mma_registers(const MmaShape& shape);

}  // namespace ptxvm
