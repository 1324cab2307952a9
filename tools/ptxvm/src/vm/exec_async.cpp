// cp.async and mbarrier (the forms of sm_80). A copy is done when it is issued, which is one of the orders allowed.
#include "decode.h"
#include "exec.h"

namespace ptxvm {
namespace {

struct Copy {
  uint32_t bytes;
  uint32_t source_bytes;  // operand, or kNoOperand: all
  uint32_t ignore;        // predicate operand: true copies zeros
  Inst from;              // the source's address
};

// The 64 bits of an mbarrier: what arrives in a phase counts `pending` down.
struct Barrier64 {
  uint64_t pending : 20, expected : 20, unused : 21, parity : 1, valid : 1, spare : 1;
};
static_assert(sizeof(Barrier64) == 8);

enum class BarrierOp : uint32_t {
  kInit,
  kInvalidate,
  kArrive,
  kArriveDrop,
  kTest,
  kTestParity,
  kPending,
  kArriveAsync
};

struct BarrierInfo {
  BarrierOp op;
  bool no_complete = false, no_increment = false;
  uint32_t d = kNoOperand, state = kNoOperand, count = kNoOperand;
};

void arrive(Barrier64& b, uint32_t count) {
  b.pending = b.pending > count ? b.pending - count : 0;
  if (b.pending != 0) return;
  b.pending = b.expected;
  b.parity ^= 1;
}

uint64_t bits(const Barrier64& b) { return std::bit_cast<uint64_t>(b); }

}  // namespace

namespace exec {

const Inst* copy_async(Warp* w, const Inst* in) {
  const auto& copy = *static_cast<const Copy*>(in->info);
  uint64_t address[32], source_address[32];
  std::byte *to[32], *from[32];
  if (!lane_pointers(w, in, copy.bytes, true, address, to)) return nullptr;
  // A source that is not read needs no valid address.
  const uint32_t all = w->mask;
  uint32_t reads = all, size[32];
  for (const uint32_t i : Lanes{all}) {
    size[i] =
        copy.source_bytes == kNoOperand ? copy.bytes : std::min(reg<uint32_t>(w, copy.source_bytes)[i], copy.bytes);
    if (copy.ignore != kNoOperand && (lanes::predicate(w, copy.ignore) >> i & 1) != 0) size[i] = 0;
    if (size[i] == 0) reads &= ~(1u << i);
  }
  Inst source = copy.from;
  source.source = in->source;
  w->mask = reads;
  const bool partial = copy.source_bytes != kNoOperand;
  lane_addresses(w, &source, source_address);
  bool good = true;
  if (reads != 0) {
    // With fewer bytes than the copy has only those are read; the address is aligned to the whole all the same.
    good = ptxvm_resolve(w, &source, source_address, from, partial ? 1 : copy.bytes);
    for (const uint32_t i : Lanes{good && w->check != 0 ? reads : 0}) {
      w->mask = 1u << i;
      good = good && ptxvm_check(w, &source, source_address, from, size[i], false);
    }
    w->mask = reads;
    for (const uint32_t i : Lanes{good ? reads : 0})
      if (source_address[i] % copy.bytes != 0) {
        fail(w, in, Status::kMisalignedAddress,
             "cp.async: the source's address is not a multiple of " + std::to_string(copy.bytes), static_cast<int>(i));
        good = false;
        break;
      }
  }
  w->mask = all;
  if (!good) return nullptr;
  for (const uint32_t i : Lanes{all}) {
    if (size[i] != 0) std::memcpy(to[i], from[i], size[i]);
    std::memset(to[i] + size[i], 0, copy.bytes - size[i]);
  }
  return in + 1;
}

const Inst* mbarrier(Warp* w, const Inst* in) {
  const auto& info = *static_cast<const BarrierInfo*>(in->info);
  uint64_t address[32];
  std::byte* p[32];
  const auto count_of = [&](uint32_t i) { return info.count == kNoOperand ? 1u : reg<uint32_t>(w, info.count)[i]; };
  if (info.op == BarrierOp::kPending) {
    for (const uint32_t i : Lanes{w->mask})
      reg<uint32_t>(w, info.d)[i] = std::bit_cast<Barrier64>(reg<uint64_t>(w, info.state)[i]).pending;
    return in + 1;
  }
  if (!lane_pointers(w, in, 8, true, address, p)) return nullptr;
  uint32_t yes = 0;
  for (const uint32_t i : Lanes{w->mask}) {
    Barrier64 b;
    std::memcpy(&b, p[i], 8);
    if (info.op == BarrierOp::kInit) {
      b = {};
      b.pending = b.expected = count_of(i);
      b.valid = 1;
    } else if (b.valid == 0) {
      return fail(w, in, Status::kIllegalInstruction, "an mbarrier that was not initialised", static_cast<int>(i));
    } else if (info.op == BarrierOp::kInvalidate) {
      b = {};
    } else if (info.op == BarrierOp::kTest) {
      const auto state = std::bit_cast<Barrier64>(reg<uint64_t>(w, info.state)[i]);
      yes |= state.parity != b.parity ? 1u << i : 0u;
    } else if (info.op == BarrierOp::kTestParity) {
      yes |= (reg<uint32_t>(w, info.state)[i] & 1) != b.parity ? 1u << i : 0u;
    } else if (info.op == BarrierOp::kArriveAsync) {
      // The copies are done already: the arrival follows at once. Without .noinc one more is expected before.
      if (info.no_increment) arrive(b, 1);
    } else {
      const uint64_t state = bits(b);
      if (info.op == BarrierOp::kArriveDrop) b.expected = b.expected - count_of(i);
      arrive(b, count_of(i));
      if (info.d != kNoOperand) reg<uint64_t>(w, info.d)[i] = state;
    }
    std::memcpy(p[i], &b, 8);
  }
  if (info.op == BarrierOp::kTest || info.op == BarrierOp::kTestParity) {
    uint32_t& d = lanes::predicate(w, info.d);
    d = (d & ~w->mask) | yes;
    // A thread that waits lets the others have their turn.
    if (yes != w->mask) return reschedule(w, in + 1, Stop::kYield);
  }
  return in + 1;
}

}  // namespace exec

namespace {

MemSpace shared_or_generic(Decoder& d) {
  if (d.has("shared::cluster")) d.refuse("shared memory of a cluster");
  return d.has("shared") || d.has("shared::cta") ? MemSpace::kShared : MemSpace::kGeneric;
}

// cp.async.ca.shared.global{.L2::..} [dst], [src], bytes{, src_bytes | ignore}{, policy}
void copy(Decoder& d) {
  const auto& parts = d.in().parts;
  for (const auto p : parts)
    if (p == "bulk" || p == "tensor" || p == "reduce") d.refuse("bulk copies");
  Copy c{0, kNoOperand, kNoOperand, {}};
  if (d.operand(2).kind != ptx::OperandKind::kInt) d.refuse("a size that is no number");
  c.bytes = static_cast<uint32_t>(d.operand(2).value);
  if (c.bytes != 4 && c.bytes != 8 && c.bytes != 16) d.refuse("the size");
  const bool policy = d.has("L2::cache_hint");
  if (d.operands() > 3 + (policy ? 1u : 0u)) {
    const auto& o = d.operand(3);
    if (o.kind == ptx::OperandKind::kRegister && d.register_size(o) == Size::kPred) c.ignore = d.predicate(o);
    else c.source_bytes = d.source(o, Size::kWord);
  }
  d.address(c.from, d.operand(1), MemSpace::kGlobal);
  Inst& in = d.emit(exec::copy_async);
  d.address(in, d.operand(0), MemSpace::kShared);
  in.info = d.own(c);
}

}  // namespace

void decode_async(Decoder& d) {
  const auto& parts = d.in().parts;
  const bool plain = parts.size() > 2 && (parts[2] == "ca" || parts[2] == "cg");
  if (plain) return copy(d);
  if (parts.size() > 2 && (parts[2] == "commit_group" || parts[2] == "wait_group" || parts[2] == "wait_all")) {
    d.emit(exec::nothing);
    return;
  }
  if (parts.size() > 2 && parts[2] == "mbarrier") {
    BarrierInfo info{BarrierOp::kArriveAsync};
    info.no_increment = d.has("noinc");
    Inst& in = d.emit(exec::mbarrier);
    d.address(in, d.operand(0), shared_or_generic(d));
    in.info = d.own(info);
    return;
  }
  d.refuse("the form");
}

void decode_mbarrier(Decoder& d) {
  const auto op = d.part(1);
  BarrierInfo info{BarrierOp::kInit};
  if (d.has("cluster") || d.has("expect_tx") || d.has("complete_tx")) d.refuse("transaction counts and clusters");
  size_t at = 0;
  if (op == "init") {
    info.count = d.source(d.operand(1), Size::kWord);
  } else if (op == "inval") {
    info.op = BarrierOp::kInvalidate;
  } else if (op == "arrive" || op == "arrive_drop") {
    info.op = op == "arrive" ? BarrierOp::kArrive : BarrierOp::kArriveDrop;
    info.no_complete = d.has("noComplete");
    const bool result = d.operand(0).kind != ptx::OperandKind::kAddress;
    if (result && d.operand(0).kind != ptx::OperandKind::kSink) info.d = d.target(d.operand(0), Size::kDouble);
    at = result ? 1 : 0;
    if (d.operands() > at + 1) info.count = d.source(d.operand(at + 1), Size::kWord);
  } else if (op == "test_wait" || op == "try_wait") {
    const bool parity = d.has("parity");
    info.op = parity ? BarrierOp::kTestParity : BarrierOp::kTest;
    info.d = d.target(d.operand(0), Size::kPred);
    at = 1;
    info.state = d.source(d.operand(2), parity ? Size::kWord : Size::kDouble);
  } else if (op == "pending_count") {
    info.op = BarrierOp::kPending;
    info.d = d.target(d.operand(0), Size::kWord);
    info.state = d.source(d.operand(1), Size::kDouble);
    d.emit(exec::mbarrier).info = d.own(info);
    return;
  } else {
    d.refuse("the form");
  }
  Inst& in = d.emit(exec::mbarrier);
  d.address(in, d.operand(at), shared_or_generic(d));
  in.info = d.own(info);
}

}  // namespace ptxvm
