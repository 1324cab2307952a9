// Modifiers that change what a numeric instruction computes.
#pragma once

#include <cstdint>

namespace ptxvm {

/// Floating-point rounding: .rn .rz .rm .rp and, for cvt to tf32 alone, .rna (nearest, ties away from zero).
/// As the integer rounding of cvt the same values stand for .rni .rzi .rmi .rpi.
enum class RoundMode : uint8_t { kRn, kRz, kRm, kRp, kRna };

/// Where the ISA leaves room (approximations, tensor-core sums), which legal result is computed.
///  kNearest: approximations are the correctly rounded value; a tensor-core sum is exact products added in wide
///            precision and rounded once.
///  kOther:   approximations are off by a deterministic part of the documented error bound (exact special cases
///            stay exact); a tensor-core sum aligns to the largest exponent and truncates, group by group.
enum class Model : uint8_t { kNearest, kOther };

}  // namespace ptxvm
