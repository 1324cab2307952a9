// mma.sync: a warp's 16x8 block of bf16 products summed in f32 (sm_80).
#pragma once
#include <cstdint>

namespace glimpse::ptx {

// d += A B, A 16x16 by rows, B 16x8 by columns. With g = lane / 4 and t = lane % 4: a[0..3] hold (row g, k 2t),
// (g + 8, 2t), (g, 2t + 8), (g + 8, 2t + 8), each with its right neighbour; b0, b1 hold column g at k 2t and 2t + 8;
// d[0..1] row g at columns 2t and 2t + 1, d[2..3] row g + 8.
__device__ inline void mma_16x8x16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

}  // namespace glimpse::ptx
