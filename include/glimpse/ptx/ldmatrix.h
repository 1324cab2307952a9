// ldmatrix: four 8x8 matrices of 16-bit elements from shared memory, in the register layout of mma (sm_75).
#pragma once
#include "glimpse/ptx/address.h"

namespace glimpse::ptx {

// Lanes 8i..8i+7 give the addresses of the rows of matrix i (16 bytes each, aligned); register i of lane l then holds
// elements 2(l%4) and 2(l%4)+1 of its row l/4.
__device__ inline void ldmatrix_x4(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}
// The same of the transposed matrices: register i of lane l holds column l/4, rows 2(l%4) and 2(l%4)+1.
__device__ inline void ldmatrix_x4_trans(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}

}  // namespace glimpse::ptx
