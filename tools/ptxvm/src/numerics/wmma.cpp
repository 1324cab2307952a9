#include "wmma.h"

#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "fragment.h"

namespace ptxvm {

namespace {

using Key = std::tuple<int, int, int, WmmaMatrix, Element>;

struct Fragment {
  WmmaFragment view;
  std::vector<WmmaAccess> places;
};

/// How a fragment is put together from mma.sync fragments.
struct Layout {
  int element_bits, unique, copies;  // registers that differ, and how often they are repeated
  int access_bytes;
  bool transposed;  // m8n32k16 is computed as the transposed m32n8k16
};

bool big_shape(int m, int n, int k) {
  return k == 16 && ((m == 16 && n == 16) || (m == 32 && n == 8) || (m == 8 && n == 32));
}
bool shape_fits(int m, int n, int k, WmmaMatrix matrix, Element type) {
  const bool accumulator = matrix == WmmaMatrix::kC;
  using enum Element;
  if (big_shape(m, n, k)) {
    return accumulator ? type == kF32 || type == kF16 || type == kS32
                       : type == kF16 || type == kBf16 || type == kS8 || type == kU8;
  }
  if (m == 16 && n == 16 && k == 8) return accumulator ? type == kF32 : type == kTf32;
  if (m != 8 || n != 8) return false;
  if (k == 4) return type == kF64;
  if (k == 32) return accumulator ? type == kS32 : type == kS4 || type == kU4;
  if (k == 128) return accumulator ? type == kS32 : type == kB1;
  return false;
}
int bits_of_element(Element e) {
  using enum Element;
  if (e == kF64) return 64;
  if (e == kF32 || e == kS32 || e == kTf32) return 32;
  if (e == kF16 || e == kBf16) return 16;
  if (e == kS8 || e == kU8) return 8;
  return e == kB1 ? 1 : 4;
}

/// Registers of A (rows x k) in one m16 fragment.
int a_registers(int rows, int k, int per) { return (rows < 16 ? rows : 16) * k / (32 * per); }

Place place_of(WmmaMatrix matrix, int m, int n, int k, int per, int lane, int reg, int e) {
  if (matrix == WmmaMatrix::kB) {  // n / 8 fragments of k / (4 per) registers each
    const int each = k / (4 * per);
    Place p = mma_b(per, lane, reg % each, e);
    p.col += 8 * (reg / each);
    return p;
  }
  if (matrix == WmmaMatrix::kA) {
    const int each = a_registers(m, k, per);
    Place p = mma_a(m < 16 ? m : 16, per, lane, reg % each, e);
    p.row += 16 * (reg / each);
    return p;
  }
  const int index = reg * per + e, each = (m < 16 ? m : 16) / 4;  // elements a lane holds of one fragment
  Place p = mma_c(lane, index % each);
  p.col += n == 16 ? 8 * (index / each) : 0;
  p.row += n == 16 ? 0 : 16 * (index / each);
  return p;
}

Layout layout_of(int m, int n, int k, WmmaMatrix matrix, Element type) {
  Layout l{};
  l.element_bits = bits_of_element(type);
  const int register_bits = type == Element::kF64 ? 64 : 32;
  const int elements = matrix == WmmaMatrix::kA ? m * k : matrix == WmmaMatrix::kB ? k * n : m * n;
  l.unique = elements * l.element_bits / 32 / register_bits;
  l.copies = type == Element::kF16 && matrix != WmmaMatrix::kC ? 8 / l.unique : 1;
  l.access_bytes = l.element_bits >= 8 ? l.element_bits / 8 : 4;
  l.transposed = m == 8 && n == 32;
  return l;
}

std::unique_ptr<Fragment> build(int m, int n, int k, WmmaMatrix matrix, Element type) {
  const Layout l = layout_of(m, n, k, matrix, type);
  auto f = std::make_unique<Fragment>();
  f->view.registers = l.unique * l.copies;
  f->view.access_bytes = l.access_bytes;
  f->view.element_bits = l.element_bits;
  const int register_bits = type == Element::kF64 ? 64 : 32;
  const int accesses = register_bits / 8 / l.access_bytes, per = register_bits / l.element_bits;
  f->view.accesses = f->view.registers * accesses;
  WmmaMatrix base = matrix;
  if (l.transposed) {
    std::swap(m, n);
    base = matrix == WmmaMatrix::kA ? WmmaMatrix::kB : matrix == WmmaMatrix::kB ? WmmaMatrix::kA : WmmaMatrix::kC;
  }
  for (int reg = 0; reg < f->view.registers; ++reg) {
    for (int i = 0; i < accesses; ++i) {
      for (int lane = 0; lane < 32; ++lane) {
        Place p = place_of(base, m, n, k, per, lane, reg % l.unique, i * (per / accesses));
        if (l.transposed) std::swap(p.row, p.col);
        f->places.push_back({static_cast<uint16_t>(p.row), static_cast<uint16_t>(p.col)});
      }
    }
  }
  f->view.places = f->places.data();
  return f;
}

std::map<Key, std::unique_ptr<Fragment>> build_all() {
  constexpr std::array<std::array<int, 3>, 7> kShapes{
      {{16, 16, 16}, {32, 8, 16}, {8, 32, 16}, {16, 16, 8}, {8, 8, 4}, {8, 8, 32}, {8, 8, 128}}};
  std::map<Key, std::unique_ptr<Fragment>> all;
  for (const auto& [m, n, k] : kShapes) {
    for (const WmmaMatrix matrix : {WmmaMatrix::kA, WmmaMatrix::kB, WmmaMatrix::kC}) {
      for (int e = 0; e <= int(Element::kB1); ++e) {
        if (!shape_fits(m, n, k, matrix, Element(e))) continue;
        all[{m, n, k, matrix, Element(e)}] = build(m, n, k, matrix, Element(e));
      }
    }
  }
  return all;
}

/// The wmma as mma.sync on fragments of m16n8k*: two that share A (n = 16), or B (32 rows; 32 columns are the
/// transposed problem).
MmaShape half_of(const MmaShape& s) {
  MmaShape half = s;
  half.m = 16;
  half.n = 8;
  half.a_row = true;
  half.b_row = false;
  if (s.n == 32) std::swap(half.a, half.b);
  return half;
}

template <Model M>
void two_mmas(const MmaShape& s, void* const* d, const void* const* a, const void* const* b, const void* const* c) {
  const MmaShape half = half_of(s);
  if (s.n == 32) std::swap(a, b);
  const MmaRegisters r = mma_registers(half);
  const MmaFn fn = find_mma(half, M);
  uint32_t first[4][32];  // kept back: d may share registers with what the second half still reads
  void* const first_registers[4] = {first[0], first[1], first[2], first[3]};
  fn(half, first_registers, a, b, c);
  fn(half, d + r.d, s.n == 16 ? a : a + r.a, s.n == 16 ? b + r.b : b, c + r.c);
  for (int i = 0; i < r.d; ++i) std::memcpy(d[i], first[i], sizeof first[i]);
}

}  // namespace

const WmmaFragment* find_wmma_fragment(int m, int n, int k, WmmaMatrix matrix, Element type) {
  static const auto all = build_all();
  const auto found = all.find({m, n, k, matrix, type});
  return found == all.end() ? nullptr : &found->second->view;
}

MmaFn find_wmma(const MmaShape& s, Model model) {
  if (s.c != s.d && (s.a != Element::kF16 || (s.c != Element::kF16 && s.c != Element::kF32))) return nullptr;
  if (find_wmma_fragment(s.m, s.n, s.k, WmmaMatrix::kA, s.a) == nullptr ||
      find_wmma_fragment(s.m, s.n, s.k, WmmaMatrix::kC, s.c) == nullptr || s.a != s.b) {
    return nullptr;
  }
  MmaShape single = s;
  single.a_row = true;
  single.b_row = false;
  if (s.m == 8 && s.n == 8) return find_mma(single, model);
  if (find_mma(half_of(s), model) == nullptr) return nullptr;
  return model == Model::kNearest ? two_mmas<Model::kNearest> : two_mmas<Model::kOther>;
}

}  // namespace ptxvm
