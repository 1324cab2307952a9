// Which lane and register holds which matrix element: mma.sync, ldmatrix, stmatrix, movmatrix and wmma fragments
// (PTX ISA, "Matrix Fragments for mma ...").
#pragma once

#include <cstdint>

namespace ptxvm {

/// One place in a matrix.
struct Place {
  int row, col;
  constexpr bool operator==(const Place&) const = default;
};

/// mma.m16n8k*, m8n8k16 (s8), m8n8k32 (s4), m8n8k128 (b1), m8n8k4 (f64): lane = 4 * group + member. A register of A
/// holds `per` consecutive k's of one row (per = 32 / element bits; 1 for f64). Registers go first through the rows
/// (g, g + 8) and then through the k blocks of 4 * per, where M is 16.
constexpr Place mma_a(int m, int per, int lane, int reg, int element) {
  const int rows = m / 8;
  return {lane / 4 + 8 * (reg % rows), (lane % 4) * per + element + (reg / rows) * 4 * per};
}
/// B is K x 8: the column is the lane's group.
constexpr Place mma_b(int per, int lane, int reg, int element) {
  return {(lane % 4) * per + element + reg * 4 * per, lane / 4};
}
/// C and D, M x 8 with two neighbouring columns a lane: `index` counts the lane's elements (f32, s32, f64: registers;
/// f16: two in a register).
constexpr Place mma_c(int lane, int index) { return {lane / 4 + 8 * (index / 2), (lane % 4) * 2 + index % 2}; }

/// mma.m8n8k4 of f16 (sm_70): four matrices at once. The eight lanes of matrix p are p * 4 + 0..3 and p * 4 + 16..19.
constexpr int volta_matrix(int lane) { return (lane % 16) / 4; }
constexpr int volta_member(int lane) { return lane % 4 + (lane >= 16 ? 4 : 0); }
/// A: row-major: row = member, k = element; col-major: k = lane % 4, row = element (+ 4 in the upper half).
constexpr Place volta_a(bool row_major, int lane, int element) {
  return row_major ? Place{volta_member(lane), element} : Place{element % 4 + (lane < 16 ? 0 : 4), lane % 4};
}
/// B: col-major: column = member, k = element; row-major: k = lane % 4, column = element (+ 4 in the upper half).
constexpr Place volta_b(bool row_major, int lane, int element) {
  return row_major ? Place{lane % 4, element % 4 + (lane < 16 ? 0 : 4)} : Place{element, volta_member(lane)};
}
/// C and D as f32 (8 registers) and as f16 (4 registers of two).
constexpr Place volta_c_f32(int lane, int i) {
  return {(lane & 1) + (i & 2) + (lane < 16 ? 0 : 4), (i & 4) + (lane & 2) + (i & 1)};
}
constexpr Place volta_c_f16(int lane, int i) { return {volta_member(lane), i % 8}; }

/// ldmatrix/stmatrix .m8n8.b16: lane l gives the address of row l % 8 of matrix l / 8 (16 bytes), and register j
/// holds two elements of matrix j: at (l / 4, 2 * (l % 4) + element), or with .trans at the mirrored place.
constexpr int matrix_row_lane(int matrix, int row) { return 8 * matrix + row; }
constexpr Place matrix_element(bool transposed, int lane, int element) {
  const Place p{lane / 4, 2 * (lane % 4) + element};
  return transposed ? Place{p.col, p.row} : p;
}

}  // namespace ptxvm
