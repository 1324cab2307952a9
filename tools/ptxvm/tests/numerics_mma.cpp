// Fragment maps (bijective), matrix moves, mma.sync and wmma against plain sums over the maps.
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

constexpr Model kModels[] = {Model::kNearest, Model::kOther};

struct Matrices {
  std::vector<double> a, b, c;
};
Matrices gather(const MmaShape& s, const Fragment& fa, const Fragment& fb, const Fragment& fc) {
  Matrices m{std::vector<double>(s.m * s.k, NAN), std::vector<double>(s.k * s.n, NAN),
             std::vector<double>(s.m * s.n, NAN)};
  const int bits = bits_of_element(s.a), per = bits == 64 ? 1 : 32 / bits;
  const int bits_c = bits_of_element(s.c), per_c = bits_c == 16 ? 2 : 1;
  const MmaRegisters r = mma_registers(s);
  for (int lane = 0; lane < 32; ++lane) {
    for (int reg = 0; reg < r.a; ++reg) {
      for (int e = 0; e < per; ++e) {
        const Place p = mma_a(s.m, per, lane, reg, e);
        EXPECT_TRUE(std::isnan(m.a[p.row * s.k + p.col]));
        m.a[p.row * s.k + p.col] = value_of(s.a, fa.get(bits, lane, reg, e));
      }
    }
    for (int reg = 0; reg < r.b; ++reg) {
      for (int e = 0; e < per; ++e) {
        const Place p = mma_b(per, lane, reg, e);
        m.b[p.row * s.n + p.col] = value_of(s.b, fb.get(bits, lane, reg, e));
      }
    }
    for (int i = 0; i < r.c * per_c; ++i) {
      const Place p = mma_c(lane, i);
      m.c[p.row * s.n + p.col] = value_of(s.c, fc.get(bits_c, lane, i / per_c, i % per_c));
    }
  }
  for (const auto& v : {m.a, m.b, m.c}) {
    for (const double x : v) EXPECT_FALSE(std::isnan(x));
  }
  return m;
}

/// What the result may differ from the exact sum by, in units of the largest of the sum's terms.
double allowed(const MmaShape& s, Model model, double largest, double exact) {
  const double last_place = s.d == Element::kF16 ? 0x1p-11 : 0x1p-24;
  const double own = std::max(std::fabs(exact) * last_place, s.d == Element::kF16 ? 0x1p-25 : 0.0);
  return model == Model::kNearest ? own * 1.0000001 : 2 * own + 2 * (s.k + 4) * largest * 0x1p-24;
}

/// shift: the power of two of A and B, and half that of C.
void check_float(MmaShape s, int shift = 0) {
  std::mt19937_64 engine(s.k + 100 * int(s.a) + 10000 * int(s.c));
  for (const Model model : kModels) {
    for (int round = 0; round < 20; ++round) {
      Fragment a, b, c;
      a.randomize(engine, s.a, 12, shift);
      b.randomize(engine, s.b, 12, shift);
      c.randomize(engine, s.c, 12, 2 * shift);
      const Matrices m = gather(s, a, b, c);
      const MmaFn fn = find_mma(s, model);
      ASSERT_NE(fn, nullptr);
      fn(s, c.pointers, a.pointers, b.pointers, c.pointers);
      const int bits = bits_of_element(s.d), per = bits == 16 ? 2 : 1;
      for (int lane = 0; lane < 32; ++lane) {
        for (int i = 0; i < mma_registers(s).d * per; ++i) {
          const Place p = mma_c(lane, i);
          __float128 exact = m.c[p.row * s.n + p.col];
          double largest = std::fabs(double(exact));
          for (int k = 0; k < s.k; ++k) {
            const double product = m.a[p.row * s.k + k] * m.b[k * s.n + p.col];
            exact += product;
            largest = std::max(largest, std::fabs(product));
          }
          const double got = value_of(s.d, c.get(bits, lane, i / per, i % per));
          ASSERT_LE(std::fabs(double(got - exact)), allowed(s, model, largest, double(exact)) + 3 * 0x1p-149)
              << int(s.a) << " k=" << s.k << " model " << int(model);
        }
      }
    }
  }
}

TEST(NumericsMma, FloatShapes) {
  using enum Element;
  for (const uint16_t k : {8, 16}) {
    check_float({16, 8, k, kF16, kF16, kF32, kF32});
    check_float({16, 8, k, kF16, kF16, kF16, kF16});
    check_float({16, 8, k, kBf16, kBf16, kF32, kF32});
  }
  check_float({16, 8, 4, kTf32, kTf32, kF32, kF32});
  check_float({16, 8, 8, kTf32, kTf32, kF32, kF32});
  for (const uint16_t k : {16, 32}) {
    for (const Element x : {kE4m3, kE5m2}) {
      for (const Element y : {kE4m3, kE5m2}) check_float({16, 8, k, x, y, kF32, kF32});
    }
    check_float({16, 8, k, kE4m3, kE4m3, kF16, kF16});
  }
}

TEST(NumericsMma, ProductsThatF32DoesNotHold) {
  using enum Element;
  for (const int shift : {-66, -58, -48, 56}) {
    check_float({16, 8, 16, kBf16, kBf16, kF32, kF32}, shift);
    check_float({16, 8, 8, kTf32, kTf32, kF32, kF32}, shift);
  }
}

TEST(NumericsMma, F64Shapes) {
  using enum Element;
  std::mt19937_64 engine(9);
  for (const auto& [rows, k] : {std::pair{8, 4}, {16, 4}, {16, 8}, {16, 16}}) {
    const MmaShape s{uint8_t(rows), 8, uint16_t(k), kF64, kF64, kF64, kF64};
    Fragment a, b, c;
    a.randomize(engine, kF64, 1);
    b.randomize(engine, kF64, 1);
    c.randomize(engine, kF64, 1);
    const Matrices m = gather(s, a, b, c);
    find_mma(s, Model::kNearest)(s, c.pointers, a.pointers, b.pointers, c.pointers);
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < rows / 4; ++i) {
        const Place p = mma_c(lane, i);
        double want = m.c[p.row * 8 + p.col];
        for (int t = 0; t < k; ++t) want = std::fma(m.a[p.row * k + t], m.b[t * 8 + p.col], want);
        ASSERT_EQ(double_of(c.words[i][lane]), want);
      }
    }
  }
}

void check_integer(MmaShape s) {
  std::mt19937_64 engine(s.k + int(s.a) + 7 * int(s.b));
  Fragment a, b, c;
  a.randomize(engine, s.a, 1);
  b.randomize(engine, s.b, 1);
  c.randomize(engine, s.c, 1);
  for (auto& w : c.words[0]) w = 0x7fffff00'80000010ull;  // near both ends of s32
  const Matrices m = gather(s, a, b, c);
  const MmaFn fn = find_mma(s, Model::kNearest);
  ASSERT_NE(fn, nullptr) << int(s.a) << ' ' << s.k;
  fn(s, c.pointers, a.pointers, b.pointers, c.pointers);
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < mma_registers(s).d; ++i) {
      const Place p = mma_c(lane, i);
      double want = m.c[p.row * 8 + p.col];
      for (int k = 0; k < s.k; ++k) {
        const double x = m.a[p.row * s.k + k], y = m.b[k * 8 + p.col];
        want += s.a != Element::kB1 ? x * y : s.bit_op == BitOp::kXor ? double(x != y) : x * y;
      }
      const int64_t clamped = std::min<int64_t>(std::max<int64_t>(int64_t(want), INT32_MIN), INT32_MAX);
      ASSERT_EQ(int32_t(c.get(32, lane, i, 0)), int32_t(s.satfinite ? clamped : int64_t(want)));
    }
  }
}
TEST(NumericsMma, IntegerShapes) {
  using enum Element;
  for (const bool sat : {false, true}) {
    for (const Element x : {kS8, kU8}) {
      for (const Element y : {kS8, kU8}) {
        check_integer({8, 8, 16, x, y, kS32, kS32, true, false, sat});
        check_integer({16, 8, 16, x, y, kS32, kS32, true, false, sat});
        check_integer({16, 8, 32, x, y, kS32, kS32, true, false, sat});
      }
    }
    for (const Element x : {kS4, kU4}) {
      for (const Element y : {kS4, kU4}) {
        check_integer({8, 8, 32, x, y, kS32, kS32, true, false, sat});
        check_integer({16, 8, 32, x, y, kS32, kS32, true, false, sat});
        check_integer({16, 8, 64, x, y, kS32, kS32, true, false, sat});
      }
    }
  }
  for (const BitOp op : {BitOp::kXor, BitOp::kAnd}) {
    check_integer({8, 8, 128, kB1, kB1, kS32, kS32, true, false, false, op});
    check_integer({16, 8, 128, kB1, kB1, kS32, kS32, true, false, false, op});
    check_integer({16, 8, 256, kB1, kB1, kS32, kS32, true, false, false, op});
  }
}

TEST(NumericsMma, RefusesWhatTheIsaLacks) {
  using enum Element;
  EXPECT_EQ(find_mma({16, 8, 32, kBf16, kBf16, kF32, kF32}, Model::kNearest), nullptr);
  EXPECT_EQ(find_mma({16, 8, 16, kBf16, kBf16, kF16, kF16}, Model::kNearest), nullptr);
  EXPECT_EQ(find_mma({8, 8, 32, kS8, kS8, kS32, kS32}, Model::kNearest), nullptr);
  EXPECT_EQ(find_mma({16, 8, 16, kS8, kS4, kS32, kS32}, Model::kNearest), nullptr);
}

TEST(NumericsMma, InfinityAndNan) {
  using enum Element;
  const MmaShape s{16, 8, 16, kBf16, kBf16, kF32, kF32};
  for (const Model model : kModels) {
    Fragment a, b, c;
    auto* a0 = static_cast<uint32_t*>(a.pointers[0]);
    auto* b0 = static_cast<uint32_t*>(b.pointers[0]);
    a0[0] = 0x7f80;  // row 0, k 0: infinity
    a0[4] = 0x7f7f;  // row 1: the largest number
    b0[0] = 0x7f7f;  // column 0, k 0
    b0[4] = 0x0000;  // column 1
    find_mma(s, model)(s, c.pointers, a.pointers, b.pointers, c.pointers);
    EXPECT_EQ(c.get(32, 0, 0, 0), 0x7f800000u);  // inf * large
    EXPECT_EQ(c.get(32, 0, 1, 0), kNanF32);      // inf * 0
    EXPECT_EQ(c.get(32, 4, 0, 0), 0x7f800000u);  // overflow
    EXPECT_EQ(c.get(32, 8, 0, 0), 0u);
  }
}

TEST(NumericsMma, VoltaQuarters) {
  using enum Element;
  std::mt19937_64 engine(77);
  for (int mask = 0; mask < 4; ++mask) {
    MmaShape s{8, 8, 4, kF16, kF16, kF32, kF32};
    s.a_row = (mask & 1) != 0;
    s.b_row = (mask & 2) != 0;
    Fragment a, b, c, d;
    a.randomize(engine, kF16, 2);
    b.randomize(engine, kF16, 2);
    double am[4][8][4], bm[4][4][8];
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < 4; ++i) {
        const Place p = volta_a(s.a_row, lane, i), q = volta_b(s.b_row, lane, i);
        am[volta_matrix(lane)][p.row][p.col] = value_of(kF16, a.get(16, lane, i / 2, i % 2));
        bm[volta_matrix(lane)][q.row][q.col] = value_of(kF16, b.get(16, lane, i / 2, i % 2));
      }
    }
    find_mma(s, Model::kNearest)(s, d.pointers, a.pointers, b.pointers, c.pointers);
    std::set<std::tuple<int, int, int>> seen;
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < 8; ++i) {
        const Place p = volta_c_f32(lane, i);
        const int q = volta_matrix(lane);
        seen.insert({q, p.row, p.col});
        double want = 0;
        for (int k = 0; k < 4; ++k) want += am[q][p.row][k] * bm[q][k][p.col];
        ASSERT_EQ(float_of(uint32_t(d.get(32, lane, i, 0))), float(want));
      }
    }
    EXPECT_EQ(seen.size(), 256u);
  }
}

}  // namespace
}  // namespace ptxvm
