#include "matrix_move.h"

#include <cstring>

#include "fragment.h"

namespace ptxvm {

void ldmatrix_b16(uint32_t* const* d, const void* const* rows, int matrices, bool transposed) {
  uint16_t loaded[4][8][8];
  for (int j = 0; j < matrices; ++j) {
    for (int r = 0; r < 8; ++r) std::memcpy(loaded[j][r], rows[matrix_row_lane(j, r)], 16);
  }
  for (int j = 0; j < matrices; ++j) {
    if (!transposed) {  // lane order is row-major order
      std::memcpy(d[j], loaded[j], sizeof loaded[j]);
      continue;
    }
    for (int lane = 0; lane < 32; ++lane) {
      const Place low = matrix_element(true, lane, 0), high = matrix_element(true, lane, 1);
      d[j][lane] = loaded[j][low.row][low.col] | uint32_t{loaded[j][high.row][high.col]} << 16;
    }
  }
}

void stmatrix_b16(void* const* rows, const uint32_t* const* a, int matrices, bool transposed) {
  for (int j = 0; j < matrices; ++j) {
    uint16_t stored[8][8];
    for (int lane = 0; lane < 32; ++lane) {
      for (int e = 0; e < 2; ++e) {
        const Place p = matrix_element(transposed, lane, e);
        stored[p.row][p.col] = uint16_t(a[j][lane] >> (16 * e));
      }
    }
    for (int r = 0; r < 8; ++r) std::memcpy(rows[matrix_row_lane(j, r)], stored[r], 16);
  }
}

void movmatrix_b16(uint32_t* d, const uint32_t* a) {
  uint16_t matrix[8][8];
  std::memcpy(matrix, a, sizeof matrix);
  for (int lane = 0; lane < 32; ++lane) {
    const Place low = matrix_element(true, lane, 0), high = matrix_element(true, lane, 1);
    d[lane] = matrix[low.row][low.col] | uint32_t{matrix[high.row][high.col]} << 16;
  }
}

}  // namespace ptxvm
