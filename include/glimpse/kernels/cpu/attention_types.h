// What attention's block kernels are told.
#pragma once
#include <cstdint>

namespace glimpse::cpu {

// Rows that the caller will want next, while this block is computed.
struct Ahead {
  const char *k, *v;           // null: none
  int64_t k_stride, v_stride;  // bytes
  int64_t rows, row_bytes;
};

// K and V of n keys as f32 rows.
struct Block {
  const float *k, *v;
  int64_t k_stride, v_stride, n;
  Ahead ahead;
};

}  // namespace glimpse::cpu
