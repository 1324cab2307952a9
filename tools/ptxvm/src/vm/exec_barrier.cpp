// bar, barrier and bar.warp.sync.
#include "decode.h"
#include "exec.h"

namespace ptxvm {
namespace {

// Inst::flags of a barrier.
constexpr uint32_t kArrive = 1, kPopc = 2, kAnd = 4, kOr = 8, kRed = kPopc | kAnd | kOr;

// Gives the threads that waited their result and lets them go.
void release(Block& block, uint32_t id) {
  Barrier& b = block.barriers[id];
  for (auto& w : block.warps)
    for (uint32_t i = 0; i < w.splits; ++i) {
      Split& s = w.split[i];
      if (s.wait != Wait::kBarrier || s.barrier != id) continue;
      s.wait = Wait::kReady;
      const Inst* in = s.barrier_at;
      if ((in->flags & kPopc) != 0) {
        auto* d = reinterpret_cast<uint32_t*>(s.registers + in->d);
        for (const uint32_t lane : Lanes{s.mask}) d[lane] = b.votes;
      } else if ((in->flags & kRed) != 0) {
        auto& d = *reinterpret_cast<uint32_t*>(s.registers + in->d);
        const bool result = (in->flags & kAnd) != 0 ? b.votes == b.count : b.votes != 0;
        d = (d & ~s.mask) | (result ? s.mask : 0);
      }
    }
  b = Barrier{};
}

bool complete(const Block& block, const Barrier& b) {
  return b.active && (b.expected == 0 ? b.arrived >= block.alive : b.arrived >= b.expected);
}

}  // namespace

void barrier_exit(Block& block) {
  for (uint32_t id = 0; id < 16; ++id)
    if (block.barriers[id].expected == 0 && complete(block, block.barriers[id])) release(block, id);
}

namespace exec {

const Inst* barrier(Warp* w, const Inst* in) {
  Block& block = *w->block;
  const int lane = first_lane(w->mask);
  const uint32_t id = reg<uint32_t>(w, in->a)[lane];
  const uint32_t count = in->b == kNoOperand ? 0 : reg<uint32_t>(w, in->b)[lane];
  if (id > 15) return fail(w, in, Status::kIllegalInstruction, "barrier " + std::to_string(id) + " (there are 16)");
  if (count % 32 != 0)
    return fail(w, in, Status::kIllegalInstruction,
                "a barrier for " + std::to_string(count) + " threads (it must be a multiple of 32)");
  Barrier& b = block.barriers[id];
  if (!b.active) b.active = true, b.expected = count;
  else if (b.expected != count)
    return fail(w, in, Status::kIllegalInstruction,
                "barrier " + std::to_string(id) + " for " + std::to_string(count) + " threads while others wait for " +
                    std::to_string(b.expected));
  const uint32_t here = std::popcount(w->mask);
  b.count += here;
  // With a count whole warps arrive, even if the block's last one has fewer threads.
  b.arrived += count != 0 && w->mask == w->alive ? 32 : here;
  if ((in->flags & kRed) != 0) b.votes += std::popcount(w->mask & lanes::predicate(w, in->c));
  const bool done = complete(block, b);
  if ((in->flags & kArrive) != 0) {
    if (done) release(block, id);
    return in + 1;
  }
  Split& s = w->split[w->current];
  s.mask = w->mask;
  s.registers = w->base[0];
  s.wait = Wait::kBarrier;
  s.barrier = id;
  s.barrier_at = in;
  if (done) release(block, id);
  return reschedule(w, in + 1);
}

const Inst* warp_barrier(Warp* w, const Inst* in) {
  const uint32_t* member = reg<uint32_t>(w, in->a);
  if (!check_members(w, in, member)) return nullptr;
  uint32_t wanted = 0;
  for (const uint32_t i : Lanes{w->mask}) wanted |= member[i] & w->alive;
  if ((wanted & ~w->mask) == 0) return in + 1;
  uint32_t arrived = w->mask;
  for (uint32_t i = 0; i < w->splits; ++i) {
    const Split& s = w->split[i];
    if (i != w->current && s.wait == Wait::kWarpSync && s.pc->fn == warp_barrier) arrived |= s.mask;
  }
  Split& here = w->split[w->current];
  if ((wanted & ~arrived) != 0) {
    here.wait = Wait::kWarpSync;
    here.wait_mask = wanted;
    return reschedule(w, in);
  }
  for (uint32_t i = 0; i < w->splits; ++i) {
    Split& s = w->split[i];
    if (i == w->current || s.wait != Wait::kWarpSync || s.pc->fn != warp_barrier) continue;
    if ((s.wait_mask & w->alive & ~arrived) != 0) continue;
    s.wait = Wait::kReady;
    ++s.pc;
  }
  return reschedule(w, in + 1);
}

}  // namespace exec

void decode_barrier(Decoder& d) {
  // bar{.warp}.sync, bar.arrive, bar.red.op, the same as barrier{.cta}.
  if (d.has("cluster")) d.refuse("clusters");
  if (d.has("warp")) {
    const uint32_t a = d.source(d.operand(0), Size::kWord);
    d.emit(exec::warp_barrier).a = a;
    return;
  }
  const bool red = d.has("red");
  const bool popc = d.has("popc");
  size_t next = red ? 1 : 0;
  const uint32_t target = red ? d.target(d.operand(0), popc ? Size::kWord : Size::kPred) : 0;
  const uint32_t id = d.source(d.operand(next++), Size::kWord);
  const size_t left = d.operands() - next - (red ? 1 : 0);
  const uint32_t count = left != 0 ? d.source(d.operand(next++), Size::kWord) : kNoOperand;
  const uint32_t vote = red ? d.predicate(d.operand(next)) : 0;
  Inst& in = d.emit(exec::barrier);
  in.d = target, in.a = id, in.b = count, in.c = vote;
  in.flags = d.has("arrive") ? kArrive : !red ? 0 : popc ? kPopc : d.has("and") ? kAnd : kOr;
}

}  // namespace ptxvm
