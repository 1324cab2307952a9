// mma.sync, wmma, ldmatrix, stmatrix, movmatrix: the arithmetic is in src/numerics.
#include "decode.h"
#include "exec.h"
#include "numerics/matrix_move.h"
#include "numerics/mma.h"
#include "numerics/wmma.h"

namespace ptxvm {
namespace {

struct Multiply {
  MmaShape shape;
  MmaFn fn;
  std::vector<uint32_t> d, a, b, c;
};

struct WmmaMove {
  const WmmaFragment* fragment;
  bool row_major;
  uint32_t stride;  // operand, or kNoOperand: `dense` elements
  uint64_t dense;
};

// These are defined for a whole warp only.
bool whole(Warp* w, const Inst* in) {
  if (w->mask == ~0u) return true;
  fail(w, in, Status::kIllegalInstruction,
       "a matrix instruction that " + std::to_string(std::popcount(w->mask)) + " of the warp's 32 threads execute");
  return false;
}

Model model_of(Decoder& d) {
  return d.module().options().rounding == Rounding::kExact ? Model::kNearest : Model::kOther;
}

constexpr std::pair<std::string_view, Element> kElements[] = {
    {"f16", Element::kF16},  {"bf16", Element::kBf16}, {"tf32", Element::kTf32}, {"f32", Element::kF32},
    {"f64", Element::kF64},  {"s32", Element::kS32},   {"s8", Element::kS8},     {"u8", Element::kU8},
    {"s4", Element::kS4},    {"u4", Element::kU4},     {"b1", Element::kB1},     {"e4m3", Element::kE4m3},
    {"e5m2", Element::kE5m2}};

Element element(Decoder& d, std::string_view name) {
  for (const auto& [word, value] : kElements)
    if (word == name) return value;
  d.refuse("the element type ." + std::string(name));
}

// "m16n8k16"
bool read_shape(std::string_view text, int* m, int* n, int* k) {
  return std::sscanf(std::string(text).c_str(), "m%dn%dk%d", m, n, k) == 3;
}

std::vector<uint32_t> sources(Decoder& d, const ptx::Operand& o, Size size) {
  std::vector<uint32_t> list;
  if (o.kind != ptx::OperandKind::kVector) return {d.source(o, size)};
  for (const auto& e : o.elements) list.push_back(d.source(e, size));
  return list;
}
std::vector<uint32_t> targets(Decoder& d, const ptx::Operand& o, Size size) {
  std::vector<uint32_t> list;
  if (o.kind != ptx::OperandKind::kVector) return {d.target(o, size)};
  for (const auto& e : o.elements) list.push_back(d.target(e, size));
  return list;
}
Size register_size(Element e) { return e == Element::kF64 ? Size::kDouble : Size::kWord; }

}  // namespace

namespace exec {

const Inst* multiply_matrix(Warp* w, const Inst* in) {
  if (!whole(w, in)) return nullptr;
  const auto& m = *static_cast<const Multiply*>(in->info);
  void *d[16], *a[16], *b[16], *c[16];
  const auto fill = [&](void** to, const std::vector<uint32_t>& operands) {
    for (size_t i = 0; i < operands.size(); ++i) to[i] = w->base[operands[i] & 1] + (operands[i] & ~1u);
  };
  fill(d, m.d), fill(a, m.a), fill(b, m.b), fill(c, m.c);
  m.fn(m.shape, d, a, b, c);
  return in + 1;
}

const Inst* load_matrix(Warp* w, const Inst* in) {
  if (!whole(w, in)) return nullptr;
  const int matrices = static_cast<int>(in->b);
  uint64_t address[32];
  std::byte* p[32];
  w->mask = matrices == 4 ? ~0u : (1u << (8 * matrices)) - 1;  // the other lanes' addresses do not count
  const bool good = lane_pointers(w, in, 16, false, address, p);
  w->mask = ~0u;
  if (!good) return nullptr;
  uint32_t* d[4];
  for (int i = 0; i < matrices; ++i) d[i] = reg<uint32_t>(w, in->more[i]);
  ldmatrix_b16(d, reinterpret_cast<const void* const*>(p), matrices, in->c != 0);
  return in + 1;
}

const Inst* store_matrix(Warp* w, const Inst* in) {
  if (!whole(w, in)) return nullptr;
  const int matrices = static_cast<int>(in->b);
  uint64_t address[32];
  std::byte* p[32];
  w->mask = matrices == 4 ? ~0u : (1u << (8 * matrices)) - 1;
  const bool good = lane_pointers(w, in, 16, true, address, p);
  w->mask = ~0u;
  if (!good) return nullptr;
  const uint32_t* a[4];
  for (int i = 0; i < matrices; ++i) a[i] = reg<uint32_t>(w, in->more[i]);
  stmatrix_b16(reinterpret_cast<void* const*>(p), a, matrices, in->c != 0);
  return in + 1;
}

const Inst* move_matrix(Warp* w, const Inst* in) {
  if (!whole(w, in)) return nullptr;
  movmatrix_b16(reg<uint32_t>(w, in->d), reg<uint32_t>(w, in->a));
  return in + 1;
}

// wmma.load and wmma.store: one access after another, each like a load of the warp.
static const Inst* wmma_move(Warp* w, const Inst* in, bool store) {
  if (!whole(w, in)) return nullptr;
  const auto& move = *static_cast<const WmmaMove*>(in->info);
  const auto& f = *move.fragment;
  uint64_t base[32], address[32], stride[32];
  std::byte* p[32];
  lane_addresses(w, in, base);
  for (int lane = 0; lane < 32; ++lane)
    stride[lane] = move.stride == kNoOperand ? move.dense : reg<uint32_t>(w, move.stride)[lane];
  const int per = f.access_bytes >= 8 ? 1 : 4 / f.access_bytes;
  for (int k = 0; k < f.accesses; ++k) {
    for (int lane = 0; lane < 32; ++lane) address[lane] = base[lane] + f.offset(k, lane, move.row_major, stride[lane]);
    const uint32_t bytes = static_cast<uint32_t>(f.access_bytes);
    if (!ptxvm_resolve(w, in, address, p, bytes)) return nullptr;
    if (w->check != 0 && !ptxvm_check(w, in, address, p, bytes, store)) return nullptr;
    std::byte* registers = w->base[in->more[k / per] & 1] + (in->more[k / per] & ~1u);
    const uint32_t width = bytes == 8 ? 8 : 4, part = static_cast<uint32_t>(k % per) * bytes;
    for (uint32_t lane = 0; lane < 32; ++lane) {
      std::byte* r = registers + lane * width + part;
      if (store) std::memcpy(p[lane], r, bytes);
      else std::memcpy(r, p[lane], bytes);
    }
  }
  return in + 1;
}
const Inst* wmma_load(Warp* w, const Inst* in) { return wmma_move(w, in, false); }
const Inst* wmma_store(Warp* w, const Inst* in) { return wmma_move(w, in, true); }

}  // namespace exec

namespace {

void multiply(Decoder& d, bool wmma) {
  Multiply m;
  int shape[3] = {0, 0, 0};
  std::vector<std::string_view> layouts, types;
  for (size_t i = 1; i < d.in().parts.size(); ++i) {
    const auto p = d.part(i);
    if (p == "sync" || p == "aligned" || p == "mma") continue;
    if (read_shape(p, &shape[0], &shape[1], &shape[2])) continue;
    if (p == "row" || p == "col") layouts.push_back(p);
    else if (p == "satfinite") m.shape.satfinite = true;
    else if (p == "xor" || p == "and") m.shape.bit_op = p == "and" ? BitOp::kAnd : BitOp::kXor;
    else if (p == "popc") continue;
    else if (p == "rn" || p == "rz" || p == "rm" || p == "rp")
      m.shape.round = p == "rn"   ? RoundMode::kRn
                      : p == "rz" ? RoundMode::kRz
                      : p == "rm" ? RoundMode::kRm
                                  : RoundMode::kRp;
    else types.push_back(p);
  }
  if (layouts.size() != 2) d.refuse("the layouts");
  m.shape.m = static_cast<uint8_t>(shape[0]), m.shape.n = static_cast<uint8_t>(shape[1]);
  m.shape.k = static_cast<uint16_t>(shape[2]);
  m.shape.a_row = layouts[0] == "row", m.shape.b_row = layouts[1] == "row";
  if (wmma && types.size() == 2) {  // .dtype.ctype: the factors are f16
    m.shape.d = element(d, types[0]), m.shape.c = element(d, types[1]);
    m.shape.a = m.shape.b = Element::kF16;
  } else if (types.size() == 4) {
    m.shape.d = element(d, types[0]), m.shape.a = element(d, types[1]);
    m.shape.b = element(d, types[2]), m.shape.c = element(d, types[3]);
  } else {
    d.refuse("the types");
  }
  m.fn = wmma ? find_wmma(m.shape, model_of(d)) : find_mma(m.shape, model_of(d));
  if (!m.fn) d.refuse("the shape and types");
  m.a = sources(d, d.operand(1), register_size(m.shape.a));
  m.b = sources(d, d.operand(2), register_size(m.shape.b));
  m.c = sources(d, d.operand(3), register_size(m.shape.c));
  m.d = targets(d, d.operand(0), register_size(m.shape.d));
  if (!wmma) {
    const auto n = mma_registers(m.shape);
    if (int(m.a.size()) != n.a || int(m.b.size()) != n.b || int(m.c.size()) != n.c || int(m.d.size()) != n.d)
      d.refuse("the number of registers");
  }
  d.emit(exec::multiply_matrix).info = d.own(m);
}

MemSpace space_of(Decoder& d) {
  return d.has("global")                           ? MemSpace::kGlobal
         : d.has("shared") || d.has("shared::cta") ? MemSpace::kShared
                                                   : MemSpace::kGeneric;
}

// wmma.load.a.sync.aligned.row.m16n16k16.shared.f16 {..}, [p], stride
void wmma(Decoder& d) {
  if (d.part(1) == "mma") return multiply(d, true);
  const bool store = d.part(1) == "store";
  const auto which = d.part(2);
  int m = 0, n = 0, k = 0;
  for (size_t i = 1; i < d.in().parts.size(); ++i) read_shape(d.part(i), &m, &n, &k);
  const Element type = element(d, d.type());
  const WmmaMatrix matrix = which == "a" ? WmmaMatrix::kA : which == "b" ? WmmaMatrix::kB : WmmaMatrix::kC;
  WmmaMove move{find_wmma_fragment(m, n, k, matrix, type), d.has("row"), kNoOperand, 0};
  if (!move.fragment) d.refuse("the shape and type");
  // Without a stride the matrix is dense: its rows (or columns) follow each other.
  const int rows = matrix == WmmaMatrix::kB ? k : m, columns = matrix == WmmaMatrix::kA ? k : n;
  move.dense = static_cast<uint64_t>(move.row_major ? columns : rows);
  const auto& registers = d.operand(store ? 1 : 0);
  const Size size = register_size(type);
  const auto list = store ? sources(d, registers, size) : targets(d, registers, size);
  if (int(list.size()) != move.fragment->registers) d.refuse("the number of registers");
  if (d.operands() > 2) move.stride = d.source(d.operand(2), Size::kWord);
  Inst& in = d.emit(store ? exec::wmma_store : exec::wmma_load);
  d.address(in, d.operand(store ? 0 : 1), space_of(d));
  in.more = d.list(list);
  in.info = d.own(move);
}

void move_rows(Decoder& d, bool store) {
  uint32_t matrices = 0;
  if (d.has("x1")) matrices = 1;
  if (d.has("x2")) matrices = 2;
  if (d.has("x4")) matrices = 4;
  if (matrices == 0 || d.type() != "b16" || !d.has("m8n8")) d.refuse("the shape or type");
  const auto& registers = d.operand(store ? 1 : 0);
  const auto list = store ? sources(d, registers, Size::kWord) : targets(d, registers, Size::kWord);
  if (list.size() != matrices) d.refuse("the number of registers");
  Inst& in = d.emit(store ? exec::store_matrix : exec::load_matrix);
  // Without a space the address is a generic one.
  d.address(in, d.operand(store ? 0 : 1), space_of(d));
  in.more = d.list(list);
  in.b = matrices;
  in.c = d.has("trans") ? 1 : 0;
}

}  // namespace

void decode_matrix(Decoder& d) {
  const auto op = d.part(0);
  if (op == "wmma") return wmma(d);
  if (op == "mma") {
    if (d.has("sp") || d.has("sp::ordered_metadata")) d.refuse("sparse matrices");
    return multiply(d, false);
  }
  if (op == "ldmatrix" || op == "stmatrix") return move_rows(d, op == "stmatrix");
  if (d.type() != "b16" || !d.has("m8n8") || !d.has("trans")) d.refuse("the shape or type");
  const uint32_t a = d.source(d.operand(1), Size::kWord), t = d.target(d.operand(0), Size::kWord);
  Inst& in = d.emit(exec::move_matrix);
  in.d = t, in.a = a;
}

}  // namespace ptxvm
