// Branches, calls, returns, exits, and what a guard does.
#include <set>

#include "decode.h"
#include "exec.h"

namespace ptxvm {
namespace {

const Inst* target_of(const Inst* in) { return reinterpret_cast<const Inst*>(in->imm); }

// All active lanes go to `to`.
const Inst* jump(Warp* w, const Inst* from, const Inst* to) {
  if (to <= from && --w->slice == 0) return reschedule(w, to, Stop::kYield);
  if (w->limit != nullptr && to > w->limit) return reschedule(w, to);
  return to;
}

void add_split(Warp* w, uint32_t mask, const Inst* pc) {
  Split& s = w->split[w->splits++];
  s.pc = pc;
  s.registers = w->base[0];
  s.mask = mask;
  s.local = w->local;
  s.depth = w->depth;
  s.wait = Wait::kReady;
}

// Lanes that have gone may have been the last that a .sync instruction waited for.
void wake_waiting(Warp* w) {
  for (uint32_t i = 0; i < w->splits; ++i)
    if (w->split[i].wait == Wait::kWarpSync) w->split[i].wait = Wait::kReady;
}

const Inst* leave(Warp* w, const Inst* in) {
  w->alive &= ~w->mask;
  w->block->alive -= std::popcount(w->mask);
  w->mask = 0;
  wake_waiting(w);
  barrier_exit(*w->block);
  return reschedule(w, in);
}

void move_local(Warp* w, uint32_t to, uint32_t from, uint32_t size) {
  for (const uint32_t i : Lanes{w->mask}) {
    std::byte* lane = w->locals + i * w->local_stride;
    std::memcpy(lane + to, lane + from, size);
  }
}

// Room for a frame: above all others, or, where splits that take turns have climbed to the end, the lowest gap between
// the frames in use. nullptr: there is none.
std::byte* frame_room(Warp* w, uint64_t bytes) {
  std::byte* top = frame_of(w->base[0]).end;
  for (uint32_t i = 0; i < w->splits; ++i)
    if (w->split[i].mask != 0 && i != w->current) top = std::max(top, frame_of(w->split[i].registers).end);
  if (top + bytes <= w->registers_end) return top;
  std::set<std::byte*> used;
  const auto chain = [&](std::byte* registers) {
    while (used.insert(registers).second && frame_of(registers).back != nullptr) registers = frame_of(registers).caller;
  };
  chain(w->base[0]);
  for (uint32_t i = 0; i < w->splits; ++i)
    if (w->split[i].mask != 0 && i != w->current) chain(w->split[i].registers);
  top = frame_of(*used.begin()).end;
  for (auto at = std::next(used.begin()); at != used.end() && top + bytes > *at - kFrameHeader; ++at)
    top = frame_of(*at).end;
  return top + bytes <= w->registers_end ? top : nullptr;
}

const Inst* enter(Warp* w, const Inst* in, const CallSite* site, const FunctionCode* callee) {
  const uint32_t local = w->local + site->caller->local_bytes;
  if (local + callee->local_bytes > w->local_size)
    return fail(w, in, Status::kHardwareStackError, "stack overflow in a call of " + std::string(callee->name));
  std::byte* room = frame_room(w, kFrameHeader + callee->frame_bytes);
  if (room == nullptr)
    return fail(w, in, Status::kHardwareStackError, "stack overflow in a call of " + std::string(callee->name));
  std::byte* registers = room + kFrameHeader;
  for (const auto& move : site->arguments) move_local(w, local + move.callee, w->local + move.caller, move.size);
  frame_of(registers) = {in + 1, w->base[0], site, registers + callee->frame_bytes, w->local};
  w->base[0] = registers;
  w->local = local;
  ++w->depth;
  const Inst* to = program_of(w).code.data() + callee->entry;
  if (w->splits == 1 && w->limit == nullptr) return to;
  return reschedule(w, to);
}

}  // namespace

namespace exec {

const Inst* nothing(Warp*, const Inst* in) { return in + 1; }

const Inst* guard(Warp* w, const Inst* in) {
  const uint32_t p = lanes::predicate(w, in->a) ^ (in->flags & 1 ? ~0u : 0u);
  const uint32_t all = w->mask, some = all & p;
  if (some == all) return in + 1;
  const Inst* const end = in + 1 + in->imm;
  if (some == 0) return end;
  w->mask = some;
  for (const Inst* at = in + 1; at != end;) {
    at = at->fn(w, at);
    if (at == nullptr) return nullptr;
  }
  w->mask = all;
  return end;
}

const Inst* branch(Warp* w, const Inst* in) { return jump(w, in, target_of(in)); }

const Inst* branch_if(Warp* w, const Inst* in) {
  const uint32_t p = lanes::predicate(w, in->a) ^ (in->flags & 1 ? ~0u : 0u);
  const uint32_t taken = w->mask & p;
  if (taken == 0) return in + 1;
  if (taken == w->mask) return jump(w, in, target_of(in));
  add_split(w, w->mask & ~taken, in + 1);
  w->mask = taken;
  const bool backward = target_of(in) <= in;
  return reschedule(w, target_of(in), backward && --w->slice == 0 ? Stop::kYield : Stop::kReschedule);
}

const Inst* branch_index(Warp* w, const Inst* in) {
  const auto& targets = static_cast<const JumpTable*>(in->info)->targets;
  const uint32_t* index = reg<uint32_t>(w, in->a);
  const Inst* const code = program_of(w).code.data();
  const uint32_t all = w->mask;
  bool first = true;
  const Inst* own = nullptr;
  uint32_t own_mask = 0;
  for (uint32_t left = all; left != 0;) {
    const uint32_t value = index[first_lane(left)];
    if (value >= targets.size())
      return fail(
          w, in, Status::kInvalidPc,
          "index " + std::to_string(value) + " of a branch table with " + std::to_string(targets.size()) + " entries",
          first_lane(left));
    uint32_t same = 0;
    for (const uint32_t i : Lanes{left})
      same |= targets[index[i] < targets.size() ? index[i] : value] == targets[value] && index[i] < targets.size()
                  ? 1u << i
                  : 0u;
    left &= ~same;
    const Inst* to = code + targets[value];
    if (first) own = to, own_mask = same, first = false;
    else add_split(w, same, to);
  }
  w->mask = own_mask;
  if (own_mask == all) return jump(w, in, own);
  return reschedule(w, own, own <= in && --w->slice == 0 ? Stop::kYield : Stop::kReschedule);
}

const Inst* call(Warp* w, const Inst* in) {
  const auto* site = static_cast<const CallSite*>(in->info);
  if (site->target) return enter(w, in, site, site->target);
  const uint64_t* address = reg<uint64_t>(w, in->a);
  const uint64_t to = address[first_lane(w->mask)];
  uint32_t same = 0;
  for (const uint32_t i : Lanes{w->mask}) same |= address[i] == to ? 1u << i : 0u;
  if (same != w->mask) {  // lanes that call another function try again
    add_split(w, w->mask & ~same, in);
    w->mask = same;
  }
  const auto& known = program_of(w).by_address;
  const auto it = known.find(to);
  if (it == known.end()) return fail(w, in, Status::kInvalidPc, "a call of an address that is no function");
  for (const auto& move : site->arguments)
    if (move.callee + move.size > it->second->local_bytes)
      return fail(w, in, Status::kInvalidPc, "a call of " + std::string(it->second->name) + " with other parameters");
  return enter(w, in, site, it->second);
}

const Inst* ret(Warp* w, const Inst* in) {
  const Frame& frame = frame_of(w->base[0]);
  if (frame.back == nullptr) return leave(w, in);
  for (const auto& move : frame.site->results)
    move_local(w, frame.caller_local + move.caller, w->local + move.callee, move.size);
  const Inst* to = frame.back;
  w->base[0] = frame.caller;
  w->local = frame.caller_local;
  --w->depth;
  if (w->splits == 1 && w->limit == nullptr) return to;
  return reschedule(w, to);
}

const Inst* exit(Warp* w, const Inst* in) { return leave(w, in); }

const Inst* trap(Warp* w, const Inst* in) { return fail(w, in, Status::kLaunchFailure, "trap"); }
const Inst* breakpoint(Warp* w, const Inst* in) { return fail(w, in, Status::kLaunchFailure, "breakpoint"); }

const Inst* nanosleep(Warp* w, const Inst* in) { return reschedule(w, in + 1, Stop::kYield); }

const Inst* not_modelled(Warp* w, const Inst* in) {
  if (in->flags & 1) {
    const uint32_t p = lanes::predicate(w, in->a) ^ (in->flags & 2 ? ~0u : 0u);
    if ((w->mask & p) == 0) return in + 1;
  }
  const auto& source = program_of(w).sources[in->source];
  return fail(w, in, Status::kNotSupported,
              "not modelled: " + std::string(source.text) + " (" + *static_cast<const std::string*>(in->info) + ")", -1,
              true);
}

const Inst* frame_address32(Warp* w, const Inst* in) {
  uint32_t* d = reg<uint32_t>(w, in->d);
  for (const uint32_t i : Lanes{w->mask}) d[i] = w->local + static_cast<uint32_t>(in->imm);
  return in + 1;
}
const Inst* frame_address64(Warp* w, const Inst* in) {
  uint64_t* d = reg<uint64_t>(w, in->d);
  for (const uint32_t i : Lanes{w->mask}) d[i] = w->local + in->imm;
  return in + 1;
}

}  // namespace exec
}  // namespace ptxvm
