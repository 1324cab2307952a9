// Entry points that exist once for each instruction set (namespaces avx2 and avx512), chosen by cpuid.
#pragma once

#include "../approx.h"
#include "../mma.h"

namespace ptxvm {
#define PTXVM_DECLARE(isa)                                  \
  namespace isa {                                           \
  MmaFn float_mma(const MmaShape& shape, Model model);      \
  MmaFn integer_mma(const MmaShape& shape);                 \
  ApproxFn approx(Approx op, bool ftz, Model model);        \
  ApproxDivFn approx_div(bool full, bool ftz, Model model); \
  }
PTXVM_DECLARE(avx2)
PTXVM_DECLARE(avx512)
#undef PTXVM_DECLARE
}  // namespace ptxvm
