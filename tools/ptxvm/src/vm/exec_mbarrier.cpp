// mbarrier in its forms of sm_80.
#include "async.h"
#include "decode.h"

namespace ptxvm {
namespace {

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

uint64_t bits(const Barrier64& b) { return std::bit_cast<uint64_t>(b); }

}  // namespace

namespace exec {

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
    if (info.op != BarrierOp::kArriveAsync) finish_arrivals(*w->block, p[i]);
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
      if (!info.no_increment) ++b.pending;
    } else {
      const uint64_t state = bits(b);
      if (info.op == BarrierOp::kArriveDrop) b.expected = b.expected - count_of(i);
      arrive(b, count_of(i));
      if (info.d != kNoOperand) reg<uint64_t>(w, info.d)[i] = state;
    }
    std::memcpy(p[i], &b, 8);
  }
  if (info.op == BarrierOp::kArriveAsync) arrive_after_copies(w, p);
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

}  // namespace

void decode_mbarrier(Decoder& d) {
  const auto op = d.part(1);
  BarrierInfo info{BarrierOp::kInit};
  if (d.has("cluster") || d.has("expect_tx") || d.has("complete_tx")) d.refuse("transaction counts and clusters");
  size_t at = 0;
  if (op == "async") {  // cp.async.mbarrier.arrive
    info.op = BarrierOp::kArriveAsync;
    info.no_increment = d.has("noinc");
  } else if (op == "init") {
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
