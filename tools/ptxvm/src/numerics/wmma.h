// wmma.load, wmma.store and wmma.mma. The ISA leaves the fragment layout open; this is the one of sm_80 and later:
// a 16x16x16 fragment is made of mma.m16n8k16 fragments, and f16 factors come twice (registers 4-7 repeat 0-3).
#pragma once

#include <cstdint>

#include "mma.h"

namespace ptxvm {

enum class WmmaMatrix : uint8_t { kA, kB, kC };  // kC is also D

/// One memory access of a lane: `bytes` at element (row, col), put at bit 8 * `byte` of register `reg`.
struct WmmaAccess {
  uint16_t row, col;
};

/// The map of a fragment: access i of lane l is places[i * 32 + l]. An access moves `access_bytes` bytes; four, two or
/// one of them fill a 32-bit register, lowest byte first (f64: one fills a 64-bit register).
struct WmmaFragment {
  int registers = 0, accesses = 0, access_bytes = 0;
  int element_bits = 0;
  const WmmaAccess* places = nullptr;

  /// Byte offset of an access from the matrix' address; `stride` in elements.
  uint64_t offset(int access, int lane, bool row_major, uint64_t stride) const {
    const WmmaAccess& p = places[access * 32 + lane];
    const uint64_t elements = row_major ? p.row * stride + p.col : p.col * stride + p.row;
    return elements * static_cast<uint64_t>(element_bits) / 8;
  }
};

/// nullptr where the shape and type are not modelled. m, n, k are those of the instruction. Element kF16, kBf16, kTf32,
/// kF32, kF64, kS8, kU8, kS32, and for m8n8k32/m8n8k128 kS4, kU4, kB1. A store must skip the repeated registers of
/// nothing: C and D fragments have none.
const WmmaFragment* find_wmma_fragment(int m, int n, int k, WmmaMatrix matrix, Element type);

/// wmma.mma; register arrays as in mma.h. nullptr where not modelled.
MmaFn find_wmma(const MmaShape& shape, Model model);

}  // namespace ptxvm
