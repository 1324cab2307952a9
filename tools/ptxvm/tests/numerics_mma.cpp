// Fragment maps (bijective), matrix moves, mma.sync and wmma against plain sums over the maps.
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "numerics/convert.h"
#include "numerics/fragment.h"
#include "numerics/matrix_move.h"
#include "numerics/wmma.h"
#include "numerics_oracle.h"

namespace ptxvm {
namespace {

constexpr Model kModels[] = {Model::kNearest, Model::kOther};

int bits_of_element(Element e) {
  using enum Element;
  if (e == kF64) return 64;
  if (e == kF32 || e == kS32 || e == kTf32) return 32;
  if (e == kF16 || e == kBf16) return 16;
  return e == kB1 ? 1 : e == kS4 || e == kU4 ? 4 : 8;
}

/// Value of an element, exact.
double value_of(Element e, uint64_t bits) {
  using enum Element;
  switch (e) {
    case kF64: return double_of(bits);
    case kF32: return float_of(uint32_t(bits));
    case kTf32: return float_of(uint32_t(bits) & ~0x1fffu);
    case kF16: return f16_to_f32(uint16_t(bits));
    case kBf16: return bf16_to_f32(uint16_t(bits));
    case kE4m3: return float_of(uint32_t(convert({Numeric::kF32, Numeric::kE4m3}, bits)));
    case kE5m2: return float_of(uint32_t(convert({Numeric::kF32, Numeric::kE5m2}, bits)));
    case kS32: return int32_t(bits);
    case kS8: return int8_t(bits);
    case kU8: return uint8_t(bits);
    case kS4: return int8_t(bits << 4) >> 4;
    case kU4: return double(bits & 15);
    default: return double(bits & 1);
  }
}

/// A fragment in registers: 8 of 32 lanes of 64 or 32 bits.
struct Fragment {
  alignas(64) uint64_t words[16][32] = {};
  void* pointers[16];
  Fragment() {
    for (int i = 0; i < 16; ++i) pointers[i] = words[i];
  }
  uint64_t get(int bits, int lane, int reg, int element) const {
    if (bits == 64) return words[reg][lane];
    const uint32_t w = reinterpret_cast<const uint32_t*>(words[reg])[lane];
    return bits == 32 ? w : (w >> (bits * element)) & ((1u << bits) - 1);
  }
  void randomize(std::mt19937_64& engine, Element e, int scale) {
    const int bits = bits_of_element(e);
    for (auto& reg : words) {
      for (auto& w : reg) {
        w = engine();
        const int exponent = int(engine() % unsigned(scale));
        const float f = std::ldexp(float(int64_t(engine() % 4096) - 2048), exponent - scale / 2 - 11);
        const float g = std::ldexp(float(int64_t(engine() % 4096) - 2048), -11);
        if (bits == 64) w = bits_of(double(int64_t(w)) * 0x1p-60);
        if (e == Element::kF32 || e == Element::kTf32) w = bits_of(f) | uint64_t{bits_of(g)} << 32;
        if (e == Element::kF16) {
          w = f32_to_f16(f) | uint64_t{f32_to_f16(g)} << 16 | uint64_t{f32_to_f16(g)} << 32 |
              uint64_t{f32_to_f16(f)} << 48;
        }
        if (e == Element::kBf16) w = 0x0001000100010001ull * f32_to_bf16(f);
        if (e == Element::kE4m3 || e == Element::kE5m2) w &= 0xb3b3b3b3b3b3b3b3ull;
      }
    }
  }
};

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

void check_float(MmaShape s) {
  std::mt19937_64 engine(s.k + 100 * int(s.a) + 10000 * int(s.c));
  for (const Model model : kModels) {
    for (int round = 0; round < 20; ++round) {
      Fragment a, b, c;
      a.randomize(engine, s.a, 12);
      b.randomize(engine, s.b, 12);
      c.randomize(engine, s.c, 12);
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
          ASSERT_LE(std::fabs(double(got - exact)), allowed(s, model, largest, double(exact)))
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
