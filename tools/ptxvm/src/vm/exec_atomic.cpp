// atom and red: lane after lane, on whatever memory the address names.
#include "decode.h"
#include "exec.h"
#include "numerics/half.h"

namespace ptxvm {
namespace {

enum class AtomicOp : uint8_t { kAnd, kOr, kXor, kExch, kAdd, kInc, kDec, kMin, kMax, kCas };
enum class AtomicType : uint8_t { kU32, kS32, kF32, kU64, kS64, kF64, kB16, kF16, kBf16, kF16x2, kBf16x2, kB128 };

struct Atomic {
  AtomicOp op;
  AtomicType type;
  uint32_t bytes = 4, count = 1;
  bool returns = true, ftz = false;
  uint32_t d[8], b[8], c = 0;
};

template <class T>
T combine(AtomicOp op, T old, T b) {
  switch (op) {
    case AtomicOp::kAnd: return old & b;
    case AtomicOp::kOr: return old | b;
    case AtomicOp::kXor: return old ^ b;
    case AtomicOp::kAdd: return T(std::make_unsigned_t<T>(old) + std::make_unsigned_t<T>(b));
    case AtomicOp::kInc: return old >= b ? T(0) : T(old + 1);
    case AtomicOp::kDec: return old == 0 || old > b ? b : T(old - 1);
    case AtomicOp::kMin: return std::min(old, b);
    case AtomicOp::kMax: return std::max(old, b);
    default: return b;
  }
}

template <class H>
uint16_t combine_half(AtomicOp op, uint16_t old, uint16_t b) {
  switch (op) {
    case AtomicOp::kAdd: return half_add<H>(old, b);
    case AtomicOp::kMin: return half_min_max<H, false, false, NanRule::kNumber, false>(old, b);
    default: return half_min_max<H, true, false, NanRule::kNumber, false>(old, b);
  }
}

template <class H>
uint32_t combine_pair(AtomicOp op, uint32_t old, uint32_t b) {
  return uint32_t{combine_half<H>(op, uint16_t(old), uint16_t(b))} |
         uint32_t{combine_half<H>(op, uint16_t(old >> 16), uint16_t(b >> 16))} << 16;
}

uint64_t next_value(const Atomic& a, uint64_t old, uint64_t b) {
  switch (a.type) {
    case AtomicType::kU32: return combine<uint32_t>(a.op, uint32_t(old), uint32_t(b));
    case AtomicType::kS32: return uint32_t(combine<int32_t>(a.op, int32_t(old), int32_t(b)));
    case AtomicType::kU64: return combine<uint64_t>(a.op, old, b);
    case AtomicType::kS64: return uint64_t(combine<int64_t>(a.op, int64_t(old), int64_t(b)));
    case AtomicType::kF32: {
      const float x = float_of(uint32_t(old)), y = float_of(uint32_t(b));
      return bits_of(a.ftz ? fp_add<RoundMode::kRn, true>(x, y) : fp_add(x, y));
    }
    case AtomicType::kF64: return bits_of(fp_add(double_of(old), double_of(b)));
    case AtomicType::kF16: return combine_half<F16>(a.op, uint16_t(old), uint16_t(b));
    case AtomicType::kBf16: return combine_half<Bf16>(a.op, uint16_t(old), uint16_t(b));
    case AtomicType::kF16x2: return combine_pair<F16>(a.op, uint32_t(old), uint32_t(b));
    case AtomicType::kBf16x2: return combine_pair<Bf16>(a.op, uint32_t(old), uint32_t(b));
    default: return b;
  }
}

// exch and cas move bits of any width.
void exchange(const Atomic& a, std::byte* at, const std::byte* b, const std::byte* c, std::byte* old) {
  std::memcpy(old, at, a.bytes);
  if (a.op == AtomicOp::kExch) std::memcpy(at, b, a.bytes);
  else if (std::memcmp(at, b, a.bytes) == 0) std::memcpy(at, c, a.bytes);
}

std::byte* lane_of(Warp* w, uint32_t operand, uint32_t lane, uint32_t bytes) {
  return w->base[operand & 1] + (operand & ~1u) + lane * bytes;
}

}  // namespace

namespace exec {

const Inst* atomic(Warp* w, const Inst* in) {
  const auto& a = *static_cast<const Atomic*>(in->info);
  uint64_t address[32];
  std::byte* p[32];
  // What it reads must have been written; what it writes then is.
  if (!lane_pointers(w, in, a.bytes * a.count, false, address, p)) return nullptr;
  if (w->check != 0 && !ptxvm_check(w, in, address, p, a.bytes * a.count, true)) return nullptr;
  for (const uint32_t i : Lanes{w->mask}) {
    for (uint32_t k = 0; k < a.count; ++k) {
      std::byte* at = p[i] + k * a.bytes;
      alignas(16) std::byte old_bytes[16] = {};
      if (a.op == AtomicOp::kExch || a.op == AtomicOp::kCas) {
        exchange(a, at, lane_of(w, a.b[k], i, a.bytes), lane_of(w, a.c, i, a.bytes), old_bytes);
      } else {
        uint64_t old = 0, b = 0;
        std::memcpy(&old, at, a.bytes);
        std::memcpy(&b, lane_of(w, a.b[k], i, a.bytes), a.bytes);
        const uint64_t value = next_value(a, old, b);
        std::memcpy(at, &value, a.bytes);
        std::memcpy(old_bytes, &old, 8);
      }
      if (a.returns) std::memcpy(lane_of(w, a.d[k], i, a.bytes), old_bytes, a.bytes);
    }
  }
  return in + 1;
}

}  // namespace exec

namespace {

constexpr std::pair<std::string_view, AtomicOp> kOps[] = {
    {"and", AtomicOp::kAnd}, {"or", AtomicOp::kOr},   {"xor", AtomicOp::kXor}, {"exch", AtomicOp::kExch},
    {"add", AtomicOp::kAdd}, {"inc", AtomicOp::kInc}, {"dec", AtomicOp::kDec}, {"min", AtomicOp::kMin},
    {"max", AtomicOp::kMax}, {"cas", AtomicOp::kCas}};
constexpr std::pair<std::string_view, AtomicType> kTypes[] = {
    {"u32", AtomicType::kU32},       {"b32", AtomicType::kU32},   {"s32", AtomicType::kS32},
    {"f32", AtomicType::kF32},       {"u64", AtomicType::kU64},   {"b64", AtomicType::kU64},
    {"s64", AtomicType::kS64},       {"f64", AtomicType::kF64},   {"b16", AtomicType::kB16},
    {"f16", AtomicType::kF16},       {"bf16", AtomicType::kBf16}, {"f16x2", AtomicType::kF16x2},
    {"bf16x2", AtomicType::kBf16x2}, {"b128", AtomicType::kB128}};

}  // namespace

void decode_atomic(Decoder& d) {
  Atomic a{};
  MemSpace space = MemSpace::kGeneric;
  bool op_found = false, type_found = false;
  for (size_t i = 1; i < d.in().parts.size(); ++i) {
    const auto p = d.part(i);
    bool known = p == "relaxed" || p == "acquire" || p == "release" || p == "acq_rel" || p == "cta" || p == "gpu" ||
                 p == "sys" || p == "cluster" || p == "noftz" || p == "async" || p.starts_with("L2::") || p == "global";
    if (p == "async") d.refuse("asynchronous reductions");
    if (p == "global") space = MemSpace::kGlobal;
    if (p == "shared" || p == "shared::cta") space = MemSpace::kShared, known = true;
    if (p == "v2" || p == "v4" || p == "v8") a.count = static_cast<uint32_t>(p[1] - '0'), known = true;
    for (const auto& [word, op] : kOps)
      if (p == word) a.op = op, op_found = known = true;
    for (const auto& [word, type] : kTypes)
      if (p == word) a.type = type, type_found = known = true;
    if (!known) d.refuse("the modifier ." + std::string(p));
  }
  if (!op_found || !type_found) d.refuse("the operation or type");
  const bool real = a.type == AtomicType::kF32 || a.type == AtomicType::kF64;
  const bool half = a.type >= AtomicType::kF16 && a.type <= AtomicType::kBf16x2;
  const bool moves = a.op == AtomicOp::kExch || a.op == AtomicOp::kCas;
  if (real && a.op != AtomicOp::kAdd && !moves) d.refuse("the operation on this type");
  if (half && a.op != AtomicOp::kAdd && a.op != AtomicOp::kMin && a.op != AtomicOp::kMax && !moves)
    d.refuse("the operation on this type");
  if ((a.type == AtomicType::kB16 || a.type == AtomicType::kB128) && !moves) d.refuse("the operation on this type");
  a.bytes = bits_of_type(d.type()) / 8;
  a.returns = d.part(0) == "atom";
  // f32 sums in global memory flush subnormal numbers, those in shared memory do not (PTX ISA, atom).
  a.ftz = space == MemSpace::kGlobal || space == MemSpace::kGeneric;
  const Size size = size_of_bytes(a.bytes);
  size_t next = a.returns ? 1 : 0;
  const auto& at = d.operand(next++);
  const auto elements = [&](const ptx::Operand& o) {
    auto list = a.count == 1 ? std::vector<ptx::Operand>{o} : o.elements;
    if (list.size() != a.count) d.refuse("a vector of another length");
    return list;
  };
  if (a.returns) {
    const auto results = elements(d.operand(0));
    for (uint32_t k = 0; k < a.count; ++k) a.d[k] = d.target(results[k], size);
  }
  const auto values = elements(d.operand(next++));
  for (uint32_t k = 0; k < a.count; ++k) a.b[k] = d.source(values[k], size);
  a.c = a.b[0];
  if (a.op == AtomicOp::kCas) a.c = d.source(d.operand(next++), size);
  Inst& in = d.emit(exec::atomic);
  space = d.address(in, at, space);
  in.info = d.own(a);
  if (space != MemSpace::kShared) d.program().serial = true;
}

}  // namespace ptxvm
