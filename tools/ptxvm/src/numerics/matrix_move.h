// The data movement of ldmatrix, stmatrix and movmatrix; the interpreter checks and resolves the addresses.
#pragma once

#include <cstdint>

namespace ptxvm {

/// ldmatrix.m8n8.xN{.trans}.b16: rows[8 * matrix + row] points to 16 bytes; d[matrix] is a register of 32 lanes.
void ldmatrix_b16(uint32_t* const* d, const void* const* rows, int matrices, bool transposed);

/// stmatrix.m8n8.xN{.trans}.b16: the inverse.
void stmatrix_b16(void* const* rows, const uint32_t* const* a, int matrices, bool transposed);

/// movmatrix.m8n8.trans.b16. d may be a.
void movmatrix_b16(uint32_t* d, const uint32_t* a);

}  // namespace ptxvm
