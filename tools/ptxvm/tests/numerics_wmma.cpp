// Matrix moves and wmma against plain sums over the fragment maps.
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "numerics/convert.h"
#include "numerics/fragment.h"
#include "numerics/matrix_move.h"
#include "numerics/wmma.h"
#include "numerics_fragment.h"
#include "numerics_oracle.h"

namespace ptxvm {
namespace {

TEST(NumericsMatrixMove, LoadStoreTranspose) {
  uint16_t memory[32][8], stored[32][8];
  for (int i = 0; i < 256; ++i) memory[i / 8][i % 8] = uint16_t(i * 251);
  const void* rows[32];
  void* out[32];
  for (int r = 0; r < 32; ++r) rows[r] = memory[r], out[r] = stored[r];
  for (const bool transposed : {false, true}) {
    uint32_t regs[4][32];
    uint32_t* d[4] = {regs[0], regs[1], regs[2], regs[3]};
    ldmatrix_b16(d, rows, 4, transposed);
    for (int j = 0; j < 4; ++j) {
      for (int lane = 0; lane < 32; ++lane) {
        const int r = lane / 4, c = lane % 4 * 2;
        const uint32_t low = transposed ? memory[8 * j + c][r] : memory[8 * j + r][c];
        const uint32_t high = transposed ? memory[8 * j + c + 1][r] : memory[8 * j + r][c + 1];
        ASSERT_EQ(regs[j][lane], low | high << 16);
      }
    }
    std::memset(stored, 0, sizeof stored);
    stmatrix_b16(out, d, 4, transposed);
    EXPECT_EQ(std::memcmp(stored, memory, sizeof memory), 0);
    uint32_t moved[32];
    movmatrix_b16(moved, regs[1]);
    const void* single[8];
    for (int r = 0; r < 8; ++r) single[r] = memory[8 + r];
    uint32_t other[32];
    uint32_t* o[1] = {other};
    ldmatrix_b16(o, single, 1, !transposed);
    EXPECT_EQ(std::memcmp(moved, other, sizeof moved), 0);
  }
}

void check_wmma(int m, int n, int k, Element e, Element acc) {
  const auto* fa = find_wmma_fragment(m, n, k, WmmaMatrix::kA, e);
  const auto* fb = find_wmma_fragment(m, n, k, WmmaMatrix::kB, e);
  const auto* fc = find_wmma_fragment(m, n, k, WmmaMatrix::kC, acc);
  ASSERT_TRUE(fa && fb && fc) << m << n << k << int(e);
  std::mt19937_64 engine(m + n + k + int(e));
  const auto fill = [&](const WmmaFragment& f, int rows, int columns, bool row_major, Fragment& regs) {
    std::vector<uint8_t> memory(size_t(rows * columns * f.element_bits) / 8), used(memory.size());
    Fragment random;
    random.randomize(engine, &f == fc ? acc : e, 2);
    std::memcpy(memory.data(), random.words, memory.size());
    const int per = f.accesses / f.registers;
    for (int i = 0; i < f.accesses; ++i) {
      for (int lane = 0; lane < 32; ++lane) {
        const uint64_t at = f.offset(i, lane, row_major, uint64_t(row_major ? columns : rows));
        EXPECT_LE(at + uint64_t(f.access_bytes), memory.size());
        char* reg = static_cast<char*>(regs.pointers[i / per]) + lane * (f.element_bits == 64 ? 8 : 4);
        std::memcpy(reg + (i % per) * f.access_bytes, &memory[at], size_t(f.access_bytes));
        used[at] = 1;
      }
    }
    for (size_t at = 0; at < memory.size(); at += size_t(f.access_bytes)) EXPECT_TRUE(used[at]);
    std::vector<double> values(size_t(rows * columns));
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        const size_t bit = size_t(row_major ? r * columns + c : c * rows + r) * size_t(f.element_bits);
        uint64_t raw = 0;
        std::memcpy(&raw, &memory[bit / 8], size_t(std::max(1, f.element_bits / 8)));
        values[size_t(r * columns + c)] = value_of(&f == fc ? acc : e, raw >> bit % 8);
      }
    }
    return values;
  };
  Fragment a, b, c;
  const auto am = fill(*fa, m, k, true, a), bm = fill(*fb, k, n, false, b), cm = fill(*fc, m, n, true, c);
  const MmaShape s{uint8_t(m), uint8_t(n), uint16_t(k), e, e, acc, acc};
  const MmaFn fn = find_wmma(s, Model::kNearest);
  ASSERT_NE(fn, nullptr);
  fn(s, c.pointers, a.pointers, b.pointers, c.pointers);
  const int per = fc->accesses / fc->registers;
  for (int i = 0; i < fc->accesses; ++i) {
    for (int lane = 0; lane < 32; ++lane) {
      const WmmaAccess p = fc->places[i * 32 + lane];
      double want = cm[size_t(p.row * n + p.col)], size = std::fabs(want);
      for (int t = 0; t < k; ++t) {
        const double x = am[size_t(p.row * k + t)], y = bm[size_t(t * n + p.col)];
        want += e == Element::kB1 ? double(x != y) : x * y;
        size += std::fabs(x * y);
      }
      const double got = value_of(acc, c.get(fc->element_bits, lane, i / per, i % per));
      const double last_place = acc == Element::kF16 ? 0x1p-11 : 0x1p-24;
      const double allowed = acc == Element::kS32   ? 0.0
                             : acc == Element::kF64 ? 2 * (k + 1) * 0x1p-53 * size  // two chains of roundings
                                                    : last_place * std::fabs(want) + 0x1p-50 * size;
      ASSERT_LE(std::fabs(got - want), allowed) << m << 'x' << n << 'x' << k << ' ' << int(e);
    }
  }
}
TEST(NumericsWmma, EveryShape) {
  using enum Element;
  for (const auto& [m, n] : {std::pair{16, 16}, {32, 8}, {8, 32}}) {
    check_wmma(m, n, 16, kF16, kF32);
    check_wmma(m, n, 16, kF16, kF16);
    check_wmma(m, n, 16, kBf16, kF32);
    check_wmma(m, n, 16, kS8, kS32);
    check_wmma(m, n, 16, kU8, kS32);
  }
  check_wmma(16, 16, 8, kTf32, kF32);
  check_wmma(8, 8, 4, kF64, kF64);
  check_wmma(8, 8, 32, kS4, kS32);
  check_wmma(8, 8, 32, kU4, kS32);
  check_wmma(8, 8, 128, kB1, kS32);
}

}  // namespace
}  // namespace ptxvm
