// Which instruction set the numerics use; PTXVM_NO_AVX512 in the environment turns AVX-512 off (to test both).
#pragma once

namespace ptxvm {
bool has_avx512();
}  // namespace ptxvm
